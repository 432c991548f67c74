// HFP8's two 8-bit formats: sign, exponent, mantissa. e4m3b11 (1-4-3, bias 11) holds activations
// and weights, e5m2 (1-5-2, bias 15) gradients.
//
//   zero           e = m = 0 (either sign as an operand; conversion produces +0 only)
//   subnormal      e = 0, m != 0: (-1)^s * 2^(1-bias) * m/2^M, with M mantissa bits
//   NaN-infinity   all ones; one value, result code 0x7F, either sign as an operand
//   otherwise      (-1)^s * 2^(e-bias) * (1 + m/2^M)
//
// Rounding is to nearest, ties away from zero; too large saturates. Source: NUMERICS section 6
// [HFP8]. Every value is a DLFloat16 number, so an FP8 GEMM is an FP16 one on converted operands.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "models/formats/fp16.h"

namespace nibble {

using Fp8Code = std::uint8_t;

enum class Fp8Format : std::uint8_t { e4m3b11, e5m2 };

inline constexpr Fp8Code kFp8NanInfinity = 0x7F;
inline constexpr Fp8Code kFp8LargestFinite = 0x7E;  // 28 in e4m3b11, 98304 in e5m2

[[nodiscard]] constexpr int fp8_mantissa_bits(Fp8Format format) {
  return format == Fp8Format::e4m3b11 ? 3 : 2;
}
[[nodiscard]] constexpr int fp8_bias(Fp8Format format) {
  return format == Fp8Format::e4m3b11 ? 11 : 15;
}

/// Exact value; NaN-infinity becomes a quiet NaN and either zero a zero, with the operand's sign.
[[nodiscard]] inline float fp8_to_float(Fp8Format format, Fp8Code x) {
  const int mantissa_bits = fp8_mantissa_bits(format);
  const std::uint32_t magnitude = x & 0x7F;
  std::uint32_t bits = (magnitude << (23 - mantissa_bits)) +
                       (static_cast<std::uint32_t>(127 - fp8_bias(format)) << 23);
  // One unit of a subnormal is 2^(1 - bias - M); the product is exact.
  const std::uint32_t unit_bits =
      static_cast<std::uint32_t>(127 + 1 - fp8_bias(format) - mantissa_bits) << 23;
  float unit = 0;
  std::memcpy(&unit, &unit_bits, sizeof unit);
  const float subnormal = static_cast<float>(static_cast<std::int32_t>(magnitude)) * unit;
  std::uint32_t subnormal_bits = 0;
  std::memcpy(&subnormal_bits, &subnormal, sizeof subnormal_bits);
  bits = (magnitude >> mantissa_bits) == 0 ? subnormal_bits : bits;
  bits = magnitude == kFp8NanInfinity ? 0x7FC00000U : bits;
  bits |= static_cast<std::uint32_t>(x & 0x80) << 24;
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// Exact, but for -0, which becomes +0, and NaN-infinity, which becomes kFp16NanInfinity.
[[nodiscard]] inline Fp16Code fp8_to_fp16(Fp8Format format, Fp8Code x) {
  return fp16_from_float(fp8_to_float(format, x));
}

/// The code of x * 2^exponent, one rounding; the exponent is limited to +-100, beyond which every
/// fp16 number saturates or vanishes. Infinity and NaN become kFp8NanInfinity; finite numbers
/// saturate at +-kFp8LargestFinite.
[[nodiscard]] inline Fp8Code fp8_from_float(Fp8Format format, float x, int exponent = 0) {
  const int mantissa_bits = fp8_mantissa_bits(format);
  std::uint32_t bits = 0;
  std::memcpy(&bits, &x, sizeof bits);
  const auto magnitude = static_cast<std::int32_t>(bits & 0x7FFFFFFFU);
  const bool special = magnitude >= 0x7F800000;
  const int scale = std::min(std::max(exponent, -100), 100);
  // At 64 everything saturates. Binary32's own subnormals vanish, as they are below 2^-26.
  const int biased = std::min((magnitude >> 23) - 127 + fp8_bias(format) + scale, 64);
  // Normal: adding half of the last kept place rounds to nearest with ties away, and a carry runs
  // into the exponent.
  const int dropped = 23 - mantissa_bits;
  const std::int32_t fraction = magnitude & 0x7FFFFF;
  const std::int32_t normal =
      (std::max(biased, 0) * (1 << 23) + fraction + (1 << (dropped - 1))) >> dropped;
  // Subnormal: whole units of 2^(1 - bias - M), from the significand with its leading one.
  const int shift = std::min(dropped + 1 - std::min(biased, 1), 25);
  const std::int32_t subnormal = ((fraction | (1 << 23)) + (1 << (shift - 1))) >> shift;
  std::int32_t code = biased > 0 ? normal : subnormal;
  code = std::min<std::int32_t>(code, kFp8LargestFinite);
  code = special ? kFp8NanInfinity : code;
  const std::int32_t sign = static_cast<std::int32_t>(bits >> 24) & 0x80;
  return static_cast<Fp8Code>(code | (special || code == 0 ? 0 : sign));
}

/// The code of x * 2^exponent, one rounding.
[[nodiscard]] inline Fp8Code fp8_from_fp16(Fp8Format format, Fp16Code x, int exponent = 0) {
  return fp8_from_float(format, fp16_to_float(x), exponent);
}

/// Element by element; the arrays may not overlap.
void fp8_from_floats(Fp8Format format, const float* x, std::size_t count, int exponent,
                     Fp8Code* codes);
void fp8_from_fp16s(Fp8Format format, const Fp16Code* x, std::size_t count, int exponent,
                    Fp8Code* codes);
void fp8_to_fp16s(Fp8Format format, const Fp8Code* codes, std::size_t count, Fp16Code* x);

}  // namespace nibble
