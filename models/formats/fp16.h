// DLFloat16, called fp16 everywhere in this project: sign, 6 exponent bits (bias 31), 9 mantissa bits.
//
//   zero           e = m = 0 (either sign as an operand; arithmetic produces +0 only)
//   NaN-infinity   e = 63, m = 511; one value, result code 0x7FFF, either sign as an operand
//   otherwise      (-1)^s * 2^(e-31) * (1 + m/512); e = 0 with m != 0 is a normal number
//
// Rounding is to nearest, ties away from zero. Too large gives NaN-infinity, a biased exponent
// below 0 gives zero. Source: NUMERICS section 1 [DLF].
// A code travels as its 16 bits (Fp16Code) so that arrays go straight to SIMD and to RTL.
#pragma once

#include <cstdint>

namespace nibble {

using Fp16Code = std::uint16_t;

inline constexpr int kFp16ExponentBits = 6;
inline constexpr int kFp16MantissaBits = 9;
inline constexpr int kFp16Bias = 31;
inline constexpr Fp16Code kFp16NanInfinity = 0x7FFF;
inline constexpr Fp16Code kFp16LargestFinite = 0x7FFE;  // 2^32 * (1 + 510/512) = 8573157376
inline constexpr Fp16Code kFp16SmallestPositive = 0x0001;  // 2^-31 * (1 + 1/512)

[[nodiscard]] constexpr bool fp16_is_nan_infinity(Fp16Code x) { return (x & 0x7FFF) == 0x7FFF; }
[[nodiscard]] constexpr bool fp16_is_zero(Fp16Code x) { return (x & 0x7FFF) == 0; }

/// Exact value; NaN-infinity becomes a quiet NaN with the operand's sign, -0 becomes -0.
[[nodiscard]] float fp16_to_float(Fp16Code x);

/// One rounding. Infinity and NaN become kFp16NanInfinity.
[[nodiscard]] Fp16Code fp16_from_float(float x);
[[nodiscard]] Fp16Code fp16_from_double(double x);

/// fp16(value * 2^exponent): the chunk rounder. Any 64-bit integer.
[[nodiscard]] Fp16Code fp16_from_scaled_integer(std::int64_t value, int exponent);

/// a + b, one rounding.
[[nodiscard]] Fp16Code fp16_add(Fp16Code a, Fp16Code b);

/// a * b + c, fused: one rounding.
[[nodiscard]] Fp16Code fp16_fma(Fp16Code a, Fp16Code b, Fp16Code c);

}  // namespace nibble
