// What C++20's std::string::ends_with is.
#pragma once

#include <string>

namespace nibble {

inline bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

}  // namespace nibble
