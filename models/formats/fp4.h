// Radix-4 FP4 gradients: sign and three exponent bits. e = 0 is zero; e = 1..7 is
// (-1)^s * 4^(e-1) units, where a unit is 2^-6 in the even phase and 2^-7 in the odd phase.
// Source: NUMERICS section 1 [SUN 3.1, 3.3].
#pragma once

#include <cstdint>

#include "models/formats/int4.h"

namespace nibble {

enum class Fp4Phase : std::uint8_t { even = 0, odd = 1 };

/// Binary exponent of one unit: -6 even, -7 odd.
[[nodiscard]] constexpr int fp4_unit_exponent(Fp4Phase phase) {
  return phase == Fp4Phase::even ? -6 : -7;
}

/// The code's value in units: 0, +-1, +-4, ... +-4096. Either zero gives 0.
[[nodiscard]] constexpr int fp4_units(NibbleCode code) {
  const int exponent = code & 0x7;
  const int magnitude = exponent == 0 ? 0 : 1 << (2 * (exponent - 1));
  return (code & 0x8) != 0 ? -magnitude : magnitude;
}

}  // namespace nibble
