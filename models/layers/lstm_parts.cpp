#include "models/layers/lstm_parts.h"

#include <algorithm>

namespace nibble {
namespace {

bool begins_with(const std::string& text, const std::string& begin) {
  return text.compare(0, begin.size(), begin) == 0;
}

/// Without the direction.
std::string part_of_direction(const std::string& part) {
  for (const std::string prefix : {kLstmAhead, kLstmBack}) {
    if (begins_with(part, prefix)) return part.substr(prefix.size());
  }
  return part;
}

}  // namespace

bool is_lstm_step(const std::string& part) {
  const std::string name = part_of_direction(part), begin = std::string(kLstmHiddenPart) + ".";
  if (!begins_with(name, begin) || name.size() == begin.size()) return false;
  const auto first = name.begin() + static_cast<std::ptrdiff_t>(begin.size());
  return *first != '0' &&
         std::all_of(first, name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_lstm_part(const std::string& part, GemmPass pass) {
  const std::string name = part_of_direction(part);
  if (name == kLstmInputPart) return true;
  return pass == GemmPass::wgrad ? name == kLstmHiddenPart : is_lstm_step(name);
}

}  // namespace nibble
