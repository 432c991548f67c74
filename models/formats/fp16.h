// DLFloat16, called fp16 everywhere in this project: sign, 6 exponent bits (bias 31), 9 mantissa
// bits.
//
//   zero           e = m = 0 (either sign as an operand; arithmetic produces +0 only)
//   NaN-infinity   e = 63, m = 511; one value, result code 0x7FFF, either sign as an operand
//   otherwise      (-1)^s * 2^(e-31) * (1 + m/512); e = 0 with m != 0 is a normal number
//
// Rounding is to nearest, ties away from zero. Too large gives NaN-infinity, a biased exponent
// below 0 gives zero. Source: NUMERICS section 1 [DLF].
// A code travels as its 16 bits (Fp16Code) so that arrays go straight to SIMD and to RTL.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace nibble {

using Fp16Code = std::uint16_t;

inline constexpr int kFp16MantissaBits = 9;
inline constexpr int kFp16Bias = 31;
inline constexpr Fp16Code kFp16NanInfinity = 0x7FFF;
inline constexpr Fp16Code kFp16LargestFinite = 0x7FFE;     // 2^32 * (1 + 510/512) = 8573157376
inline constexpr Fp16Code kFp16SmallestPositive = 0x0001;  // 2^-31 * (1 + 1/512)

[[nodiscard]] constexpr bool fp16_is_nan_infinity(Fp16Code x) { return (x & 0x7FFF) == 0x7FFF; }

/// The code of a rounded result. `magnitude` is exponent and mantissa in one number, (e << 9) + m
/// with an unbounded biased exponent e. Because e counts in units of 512, "e below 0 or e = m = 0"
/// is magnitude <= 0, and "too large" is magnitude >= 0x7FFF.
[[nodiscard]] constexpr Fp16Code fp16_saturate(bool negative, std::int64_t magnitude) {
  if (magnitude <= 0) return 0;
  if (magnitude >= kFp16NanInfinity) return kFp16NanInfinity;
  return static_cast<Fp16Code>((negative ? 0x8000 : 0) | magnitude);
}

/// Exact value; NaN-infinity becomes a quiet NaN with the operand's sign, -0 becomes -0.
[[nodiscard]] inline float fp16_to_float(Fp16Code x) {
  const std::uint32_t sign = static_cast<std::uint32_t>(x & 0x8000) << 16;
  const std::uint32_t magnitude = x & 0x7FFF;
  // Both formats hold exponent above mantissa: shift to binary32's 23 mantissa bits, move the bias
  // from 31 to 127.
  std::uint32_t bits = (magnitude << 14) + ((127U - 31U) << 23);
  bits = magnitude == 0 ? 0 : bits;
  bits = magnitude == 0x7FFF ? 0x7FC00000U : bits;
  bits |= sign;
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// One rounding. Infinity and NaN become kFp16NanInfinity.
[[nodiscard]] inline Fp16Code fp16_from_float(float x) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &x, sizeof bits);
  // Adding half of the last kept place rounds to nearest with ties away, and a carry out of the
  // mantissa runs into the exponent where it belongs. Binary32's subnormals, infinity and NaN lie
  // outside fp16's range on the proper side. 32-bit selects, so that a loop over this vectorises.
  const auto rounded = static_cast<std::int32_t>(((bits & 0x7FFFFFFFU) + 0x2000U) >> 14);
  std::int32_t magnitude = rounded - ((127 - kFp16Bias) << kFp16MantissaBits);
  magnitude = magnitude < 0 ? 0 : magnitude;
  magnitude = magnitude > kFp16NanInfinity ? kFp16NanInfinity : magnitude;
  const std::int32_t sign = static_cast<std::int32_t>(bits >> 16) & 0x8000;
  const bool special = magnitude == 0 || magnitude == kFp16NanInfinity;
  return static_cast<Fp16Code>(magnitude | (special ? 0 : sign));
}

/// One rounding. Infinity and NaN become kFp16NanInfinity.
[[nodiscard]] inline Fp16Code fp16_from_double(double x) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &x, sizeof bits);
  const std::uint64_t magnitude = bits & 0x7FFFFFFFFFFFFFFFU;
  const auto rounded = static_cast<std::int64_t>((magnitude + (std::uint64_t{1} << 42)) >> 43);
  return fp16_saturate((bits >> 63) != 0, rounded - ((1023 - kFp16Bias) << kFp16MantissaBits));
}

/// fp16(value * 2^exponent): the chunk rounder. Any 64-bit integer.
[[nodiscard]] inline Fp16Code fp16_from_scaled_integer(std::int64_t value, int exponent) {
  if (value == 0) return 0;
  const bool negative = value < 0;
  std::uint64_t significand = static_cast<std::uint64_t>(value);
  if (negative) significand = ~significand + 1;  // safe for the most negative integer too
  const int top_bit = 63 - __builtin_clzll(significand);
  // Bring the leading one to bit 9; a right shift rounds half up, possibly to 1024, which the sum
  // below turns into the next exponent.
  const int shift = top_bit - kFp16MantissaBits;
  significand = shift > 0 ? (significand + (std::uint64_t{1} << (shift - 1))) >> shift
                          : significand << -shift;
  const std::int64_t biased = static_cast<std::int64_t>(exponent) + top_bit + kFp16Bias;
  return fp16_saturate(negative, biased * 512 + static_cast<std::int64_t>(significand) - 512);
}

/// a + b, one rounding. Binary32 holds every sum of two fp16 numbers so well that rounding it again
/// changes nothing (proved over all significand pairs, exponent differences and signs in the
/// tests).
[[nodiscard]] inline Fp16Code fp16_add(Fp16Code a, Fp16Code b) {
  return fp16_from_float(fp16_to_float(a) + fp16_to_float(b));
}

/// a * b + c, fused: one rounding.
[[nodiscard]] inline Fp16Code fp16_fma(Fp16Code a, Fp16Code b, Fp16Code c) {
  const double product =
      static_cast<double>(fp16_to_float(a)) * static_cast<double>(fp16_to_float(b));  // exact
  const double addend = fp16_to_float(c);
  double sum = product + addend;
  // Knuth's TwoSum: product + addend = sum + error exactly. Rounding with ties away only asks
  // whether a magnitude reaches the midpoint, so it is right on the exact sum *truncated* to
  // binary64: where binary64 rounded the magnitude up, step back to the number below.
  const double addend_part = sum - product;
  const double error = (product - (sum - addend_part)) + (addend - addend_part);
  if ((sum > 0 && error < 0) || (sum < 0 && error > 0)) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &sum, sizeof bits);
    --bits;
    std::memcpy(&sum, &bits, sizeof sum);
  }
  return fp16_from_double(sum);
}

/// Element by element; the arrays may not overlap.
void fp16_from_floats(const float* x, std::size_t count, Fp16Code* codes);
void fp16_to_floats(const Fp16Code* codes, std::size_t count, float* x);

}  // namespace nibble
