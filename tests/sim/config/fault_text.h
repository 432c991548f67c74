// What a reader says about a bad input: the text that a user would see.
#pragma once

#include <functional>
#include <string>

#include "sim/base/bad_input.h"

namespace nibble {

inline std::string fault_text(const std::function<void()>& action) {
  try {
    action();
  } catch (const BadInput& error) {
    return error.what();
  }
  return "no fault";
}

}  // namespace nibble
