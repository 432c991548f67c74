// The levels that a gradient of four bits or fewer can take: one table row a grid, sixteen codes
// each, all of them small integers in units of a power of two. A code is the sign in bit 3 and the
// index of its magnitude in bits 2..0, also where the format has fewer bits; index 0 is zero.
// Source: NUMERICS section 7 [SUN 3.1, FACTS 8].
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "models/formats/int4.h"

namespace nibble {

/// The order is that of kGradientLevels and, after its integers, of StreamFormat in models/gemm.
enum class GradientGrid : std::uint8_t {
  radix4_even,       // fp4 of models/formats/fp4.h, even phase
  radix4_odd,        // its odd phase
  radix4_3bit_even,  // two exponent bits: the three highest levels
  radix4_3bit_odd,
  radix4_2bit_even,  // one exponent bit: the highest level
  radix4_2bit_odd,
  radix2,  // 1-3-0 in powers of two
  e2m1     // 1-2-1
};
inline constexpr int kGradientGrids = 8;

struct GradientLevels {
  const char* name;
  int bits;           // of a stored code, sign included
  int unit_exponent;  // a unit is 2^unit_exponent
  int levels;         // magnitudes besides zero
  // In units, increasing; what a format with fewer levels lacks repeats the highest.
  std::array<std::int16_t, 8> magnitude;
  // Twice the value, in units, from which rounding to nearest gives magnitude[1]. Its upper
  // neighbours begin in the middle between two magnitudes; the lowest follows the ratio of its
  // grid, as [SUN] has it, and not its distance to zero.
  double doubled_first_threshold;
};

inline constexpr std::array<GradientLevels, kGradientGrids> kGradientLevels{{
    {"radix4_even", 4, -6, 7, {0, 1, 4, 16, 64, 256, 1024, 4096}, 1.25},
    {"radix4_odd", 4, -7, 7, {0, 1, 4, 16, 64, 256, 1024, 4096}, 1.25},
    {"radix4_3bit_even", 3, 2, 3, {0, 1, 4, 16, 16, 16, 16, 16}, 1.25},
    {"radix4_3bit_odd", 3, 1, 3, {0, 1, 4, 16, 16, 16, 16, 16}, 1.25},
    {"radix4_2bit_even", 2, 6, 1, {0, 1, 1, 1, 1, 1, 1, 1}, 1.25},
    {"radix4_2bit_odd", 2, 5, 1, {0, 1, 1, 1, 1, 1, 1, 1}, 1.25},
    {"radix2", 4, 0, 7, {0, 1, 2, 4, 8, 16, 32, 64}, 1.5},
    {"e2m1", 4, -1, 7, {0, 1, 2, 3, 4, 6, 8, 12}, 1.0},
}};

[[nodiscard]] constexpr const GradientLevels& gradient_levels(GradientGrid grid) {
  return kGradientLevels[static_cast<std::size_t>(grid)];
}

/// The code's value in units of 2^unit_exponent. Either zero gives 0.
[[nodiscard]] constexpr int gradient_units(GradientGrid grid, NibbleCode code) {
  const int magnitude = gradient_levels(grid).magnitude[code & 0x7];
  return (code & 0x8) != 0 ? -magnitude : magnitude;
}

}  // namespace nibble
