// The arithmetic of NUMERICS sections 1 and 3 from its definitions, in exact numbers: rounding is a
// search among the midpoints between neighbouring codes, a quantiser counts the thresholds it has
// reached. Shares no code with models/.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/driver/validate/exact_number.h"

namespace nibble {

/// sign, magnitude and scale of an fp16 code: significand * 2^exponent. Nothing for NaN-infinity.
struct ExactFp16 {
  std::int64_t significand = 0;  // with its sign; 0, or 512 .. 1023
  int exponent = 0;              // -40 .. 23
  [[nodiscard]] ExactNumber value() const { return {significand, exponent}; }
};
[[nodiscard]] std::optional<ExactFp16> exact_fp16(std::uint16_t code);

/// Magnitudes at and above midpoint c round to code c + 1 or more; c = 0 .. 0x7FFE. Below midpoint
/// 0 everything is zero, from midpoint 0x7FFE on NaN-infinity.
[[nodiscard]] const ExactNumber& exact_midpoint(int c);
inline constexpr int kExactMidpoints = 0x7FFF;

[[nodiscard]] std::uint16_t exact_round(const ExactNumber& value);
[[nodiscard]] std::uint16_t exact_round_single(std::uint32_t single_bits);
[[nodiscard]] std::uint16_t exact_add(std::uint16_t a, std::uint16_t b);
[[nodiscard]] std::uint16_t exact_fma(std::uint16_t a, std::uint16_t b, std::uint16_t c);

[[nodiscard]] std::uint8_t exact_fp4(std::uint16_t x, bool odd, int gradscale, bool tie_up);
[[nodiscard]] std::uint8_t exact_pact(std::uint16_t x, std::uint16_t scale);
[[nodiscard]] std::uint8_t exact_s4(std::uint16_t x, std::uint16_t scale);
[[nodiscard]] std::uint8_t exact_sawb(std::uint32_t single_bits, std::uint16_t scale);

}  // namespace nibble
