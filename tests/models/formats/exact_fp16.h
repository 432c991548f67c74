// The oracle of every fp16 test: rounding by its definition, in exact integers, by search.
//
// The magnitudes of fp16 with a few exponents more at either end stand in a table as exact
// integers. A number belongs to the last magnitude whose midpoint with the one below it reaches;
// that is "nearest, ties away from zero" word for word. Nothing here shares code or method with
// models/formats (which adds half a place to bit patterns).
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include <boost/multiprecision/cpp_int.hpp>

#include "models/formats/fp16.h"

namespace nibble::testing {

__extension__ typedef __int128 Int128;
using Int256 = boost::multiprecision::int256_t;
/// Wide enough for any binary64 number in units of 2^-1200.
using BigInt = boost::multiprecision::number<boost::multiprecision::cpp_int_backend<
    2560, 2560, boost::multiprecision::signed_magnitude, boost::multiprecision::unchecked, void>>;

/// Biased exponents -2 to 65: two below and two above fp16's own range of 0 to 63.
inline constexpr int kLowestExponent = -2;
inline constexpr int kHighestExponent = 65;

/// 2^by as an exact integer; by >= 0.
template <typename Integer>
Integer scaled(const Integer& value, int by) {
  return value * (Integer(1) << by);
}

/// The exact value of a finite code, in units of 2^unit_exponent (at most -40).
template <typename Integer>
Integer exact_value(Fp16Code code, int unit_exponent) {
  const int exponent = (code >> 9) & 63;
  const int mantissa = code & 511;
  if (exponent == 0 && mantissa == 0) return Integer(0);
  // 2^(e-31) * (1 + m/512) = (512 + m) * 2^(e-40)
  const Integer magnitude = scaled(Integer(512 + mantissa), exponent - 40 - unit_exponent);
  return (code & 0x8000) != 0 ? Integer(-magnitude) : magnitude;
}

/// Rounds integers in units of 2^unit_exponent, which is at most -43 (the lowest midpoint).
template <typename Integer>
class NearestFp16 {
 public:
  explicit NearestFp16(int unit_exponent) {
    for (int exponent = kLowestExponent; exponent <= kHighestExponent; ++exponent) {
      for (int mantissa = 0; mantissa < 512; ++mantissa) {
        // The midpoint below (512 + m) * 2^(e-40). Below a power of two the spacing is half.
        const int quarters = mantissa == 0 ? 4 * 512 - 1 : 4 * (512 + mantissa) - 2;
        lower_midpoints_.push_back(scaled(Integer(quarters), exponent - 42 - unit_exponent));
      }
    }
  }

  Fp16Code operator()(const Integer& value) const {
    const bool negative = value < 0;
    const Integer magnitude = negative ? Integer(-value) : value;
    const auto above =
        std::upper_bound(lower_midpoints_.begin(), lower_midpoints_.end(), magnitude);
    if (above == lower_midpoints_.begin()) return 0;
    const auto index = static_cast<int>(above - lower_midpoints_.begin()) - 1;
    const int exponent = kLowestExponent + index / 512;
    const int mantissa = index % 512;
    if (exponent < 0 || (exponent == 0 && mantissa == 0)) return 0;
    if (exponent > 63 || (exponent == 63 && mantissa == 511)) return 0x7FFF;
    return static_cast<Fp16Code>((negative ? 0x8000 : 0) + exponent * 512 + mantissa);
  }

  /// All midpoints in increasing order, for tests that aim at the rounding boundaries.
  [[nodiscard]] const std::vector<Integer>& lower_midpoints() const { return lower_midpoints_; }

 private:
  std::vector<Integer> lower_midpoints_;
};

/// a + b by the definition.
inline Fp16Code exact_add(Fp16Code a, Fp16Code b) {
  static const NearestFp16<Int128> nearest(-44);
  if (fp16_is_nan_infinity(a) || fp16_is_nan_infinity(b)) return 0x7FFF;
  return nearest(exact_value<Int128>(a, -44) + exact_value<Int128>(b, -44));
}

/// a * b + c by the definition.
inline Fp16Code exact_fma(Fp16Code a, Fp16Code b, Fp16Code c) {
  static const NearestFp16<Int256> nearest(-80);
  if (fp16_is_nan_infinity(a) || fp16_is_nan_infinity(b) || fp16_is_nan_infinity(c)) return 0x7FFF;
  const Int256 product = exact_value<Int256>(a, -40) * exact_value<Int256>(b, -40);
  return nearest(Int256(product + exact_value<Int256>(c, -80)));
}

/// value * 2^exponent by the definition.
inline Fp16Code exact_scaled_integer(std::int64_t value, int exponent) {
  static const NearestFp16<BigInt> nearest(-1200);
  if (value == 0 || exponent < -200) return 0;  // |value| * 2^-201 < 2^-137
  if (exponent > 200) return 0x7FFF;
  return nearest(scaled(BigInt(value), exponent + 1200));
}

}  // namespace nibble::testing
