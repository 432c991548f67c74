// What a comparison found, in a few sentences.
#pragma once

#include <string>

#include "sim/report/chip_report.h"

namespace nibble {

/// How B's time and energy stand to A's, and what made most of the difference. From all other keys
/// of a comparison.
[[nodiscard]] std::string comparison_words(const Json& comparison);

}  // namespace nibble
