// Names of layers that differ in a number only, as one: "layer.11.fc1" and "layer.9.fc1" are
// "layer.*.fc1".
#pragma once

#include <string>

namespace nibble {

/// What alike names have in common: the name without its digits.
[[nodiscard]] std::string without_digits(const std::string& name);

/// What two names begin and end with, a star between for what they have not in common.
[[nodiscard]] std::string common_name(const std::string& a, const std::string& b);

}  // namespace nibble
