// What a 4-bit code of each operand format is worth, as an exact integer. For gradients the integer
// is in units of 2^u, u = chunk_exponent. Source: NUMERICS sections 1, 2 and 7.
#pragma once

#include "models/formats/gradient_grid.h"
#include "models/formats/int4.h"
#include "models/gemm/gemm.h"

namespace nibble {

[[nodiscard]] constexpr int stream_value(StreamFormat format, NibbleCode code) {
  if (format == StreamFormat::u4) return u4_value(code);
  if (format == StreamFormat::s4) return s4_value(code);
  return gradient_units(gradient_grid(format), code);
}

[[nodiscard]] constexpr int stationary_value(StationaryFormat format, NibbleCode code) {
  return format == StationaryFormat::u4 ? u4_value(code) : s4_value(code);
}

/// What the GEMMs count on: no magnitude beyond fp4's, in units or as a number, and no unit below
/// the odd phase's. So |S| <= 256 * 15 * 4096 < 2^24 in every format.
[[nodiscard]] constexpr bool within_fp4(const GradientLevels& levels) {
  for (const std::int16_t magnitude : levels.magnitude) {
    if (magnitude < 0 || magnitude > 4096) return false;
    const int to_units_of_odd = levels.unit_exponent + 7;
    if (to_units_of_odd < 0 || (magnitude << to_units_of_odd) > 64 << 7) return false;
  }
  return true;
}
[[nodiscard]] constexpr bool all_within_fp4() {
  for (const GradientLevels& levels : kGradientLevels) {
    if (!within_fp4(levels)) return false;
  }
  return true;
}
static_assert(all_within_fp4());

}  // namespace nibble
