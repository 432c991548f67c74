// How much too short or long a quantised gradient is: a factor for the results of its GEMM, which
// puts right on the whole what rounding to a grid got wrong. NUMERICS section 7.
#pragma once

#include <cstddef>
#include <cstdint>

#include "models/formats/fp16.h"
#include "models/formats/gradient_grid.h"

namespace nibble {

/// Of the exact values y = x * factor and their quantised ones q. magnitude: sum|y| / sum|q|.
/// projection: sum y*y / sum y*q, so that q's part along y is as long as y.
enum class GradientCorrection : std::uint8_t { none, magnitude, projection };

/// 1 for none, and where the quotient is zero or not finite. Sums are binary64: element i is added
/// to sum i mod 16, and those are added in order; the quotient is rounded once to binary32.
[[nodiscard]] float gradient_correction(GradientCorrection correction, GradientGrid grid,
                                        const Fp16Code* x, std::size_t count, float factor,
                                        const NibbleCode* codes);

}  // namespace nibble
