// Golden texts: a test compares with a committed file, which is written anew only if the
// environment variable NIBBLE_UPDATE_GOLDEN is set.
#pragma once

#include <string>

namespace nibble::test {

/// Empty if `text` is what the file below tests/ holds; else its first line that differs. With
/// NIBBLE_UPDATE_GOLDEN set, writes the file and returns an empty string.
[[nodiscard]] std::string golden_difference(const std::string& file, const std::string& text);

}  // namespace nibble::test
