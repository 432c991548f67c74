// The SFU's transcendental functions in binary32: exp, log, sigmoid, tanh and GELU, from
// polynomials of this project (each interpolates the function at the Chebyshev nodes of its
// interval; computed in 50 digits, coefficients rounded to binary32). No libm, whose last bit
// differs between machines, and only +, -, *, / and selects in a fixed order: every machine and
// every instruction set yields the same bits, and a loop over them vectorises. 1 / sqrt needs none:
// IEEE 754 rounds both exactly.
//
// Largest errors over all fp16 inputs whose result fp16 can hold, in units of the last binary32
// place: exp 0.85, log 1.0, sigmoid 1.85, tanh 1.25, GELU 1.5 above zero and 3.25 below; its slope,
// which has a zero, is off by at most 1.3e-7. Between fp16 inputs: exp 0.95, log 1.9, sigmoid 2.35,
// tanh 1.3. Of the 65,534 results each, 1, 1, 4, 0 and 1 are not the nearest fp16 number but its
// neighbour, of the slope none. NaN in gives NaN out. All of this is what the tests check.
#pragma once

#include <cstdint>
#include <cstring>

namespace nibble {

// Forced, because a function that stays a call keeps the loop around it from being vectorised.
#define NIBBLE_SFU_INLINE [[nodiscard]] inline __attribute__((always_inline))

NIBBLE_SFU_INLINE std::int32_t sfu_bits(float x) {
  std::int32_t bits = 0;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

NIBBLE_SFU_INLINE float sfu_from_bits(std::int32_t bits) {
  float x = 0;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

/// condition ? a : b on the bits: a plain conditional tempts the compiler to compute only the side
/// that is taken, and a loop that branches is not vectorised.
NIBBLE_SFU_INLINE float sfu_select(bool condition, float a, float b) {
  const std::int32_t mask = -static_cast<std::int32_t>(condition);
  return sfu_from_bits((sfu_bits(a) & mask) | (sfu_bits(b) & ~mask));
}

NIBBLE_SFU_INLINE float sfu_magnitude(float x) { return sfu_from_bits(sfu_bits(x) & 0x7FFFFFFF); }

// ln 2 in two parts: multiples of the first by any exponent are exact in binary32.
inline constexpr float kSfuLn2High = 0x1.63p-1F, kSfuLn2Low = -0x1.bd0106p-13F;

/// e^x; +0 where that is below 2^-126, so that no subnormal number (which a machine may be told to
/// flush) appears, and infinity where it is above binary32. e^-infinity = 0.
NIBBLE_SFU_INLINE float sfu_exp(float x) {
  constexpr float kLowest = -0x1.5d589ep+6F, kHighest = 0x1.62e42ep+6F;
  // Adding 1.5 * 2^23 rounds to an integer and leaves it in the low mantissa bits.
  constexpr float kRounder = 0x1.8p+23F;
  const float above = sfu_select(x < kLowest, kLowest, x);
  const float inside = sfu_select(above > kHighest, kHighest, above);
  const float shifted = inside * 0x1.715476p+0F + kRounder;
  const float n = shifted - kRounder;
  // r = head - rest with |r| <= ln(2) / 2; the head is exact, so what r loses in its own rounding
  // does not matter outside the polynomial.
  const float head = inside - n * kSfuLn2High;
  const float rest = n * kSfuLn2Low;
  const float r = head - rest;
  const float p = 0.5F + r * (0x1.5554dcp-3F +
                              r * (0x1.555518p-5F + r * (0x1.120be2p-7F + r * 0x1.6d117cp-10F)));
  const float mantissa = 1.0F + (head - (rest - r * r * p));
  // The unsigned shift drops what is above the exponent field; a product by 2^n would need two.
  const auto exponent = static_cast<std::uint32_t>(sfu_bits(shifted)) << 23;
  const auto bits = static_cast<std::uint32_t>(sfu_bits(mantissa)) + exponent;
  const float finite = sfu_from_bits(static_cast<std::int32_t>(bits));
  const float low = sfu_select(x < kLowest, 0.0F, finite);
  const float high = sfu_select(x > kHighest, __builtin_inff(), low);
  return sfu_select(x == x, high, x);
}

/// The natural logarithm of a normal positive number, or NaN.
NIBBLE_SFU_INLINE float sfu_log(float x) {
  constexpr std::int32_t kRootOfHalf = 0x3F3504F3;
  const std::int32_t n = (sfu_bits(x) - kRootOfHalf) >> 23;
  const float mantissa = sfu_from_bits(sfu_bits(x) - n * (1 << 23));  // sqrt(1/2) ... sqrt(2)
  const float f = mantissa - 1.0F;
  const float s = f / (2.0F + f);
  const float z = s * s;
  const float p =
      s * z * (0x1.555556p-1F + z * (0x1.9999ecp-2F + z * 0x1.245c0ap-2F + z * z * 0x1.dddae0p-3F));
  const auto exponent = static_cast<float>(n);
  const float logarithm = exponent * kSfuLn2High + (exponent * kSfuLn2Low + (s + s + p));
  return sfu_select(x == x, logarithm, x);
}

/// 1 / (1 + e^-x), from e^-|x|, which cannot overflow.
NIBBLE_SFU_INLINE float sfu_sigmoid(float x) {
  const float e = sfu_exp(-sfu_magnitude(x));
  return sfu_select(x < 0.0F, e, 1.0F) / (1.0F + e);
}

/// A polynomial near zero, 1 - 2 / (e^2|x| + 1) with the sign of x beyond 0.625.
NIBBLE_SFU_INLINE float sfu_tanh(float x) {
  const float t = sfu_magnitude(x);
  const float z = x * x;
  const float q = -0x1.555556p-2F +
                  z * (0x1.1110eap-3F +
                       z * (-0x1.ba08c4p-5F +
                            z * (0x1.64a976p-6F + z * (-0x1.116a16p-7F + z * 0x1.2c83c0p-9F))));
  const float near = x + x * z * q;
  const float far = 1.0F - 2.0F / (sfu_exp(t + t) + 1.0F);
  const float signed_far = sfu_select(x < 0.0F, -far, far);
  return sfu_select(t < 0.625F, near, signed_far);
}

/// The normal distribution at an fp16 number x: Phi(x) and density(x) = e^(-x^2/2) / sqrt(2 pi).
/// x must be an fp16 number because its square is then exact, and with it the exponent.
struct SfuNormal {
  float probability, density;
};

NIBBLE_SFU_INLINE SfuNormal sfu_normal(float x) {
  const float e = sfu_exp(-0.5F * (x * x));
  // Near zero Phi = 1/2 + x q(x^2). Beyond 1 in magnitude, Phi(-t) e^(t^2/2) is v times a
  // polynomial in v = 3 / (3 + t); from t = 7 on x Phi(-t) is below all that fp16 holds.
  const float z = x * x;
  const float q = 0x1.988454p-2F +
                  z * (-0x1.105832p-4F +
                       z * (0x1.46ce58p-7F +
                            z * (-0x1.36fe32p-10F + z * (0x1.dc102ap-14F - z * 0x1.010b86p-17F))));
  const float magnitude = sfu_magnitude(x);
  const float t = sfu_select(magnitude > 7.0F, 7.0F, magnitude);
  const float v = 3.0F / (3.0F + t);
  const float high =
      0x1.44b0aap-5F + v * (0x1.050b9ep-4F + v * (-0x1.ca9db2p-4F + v * 0x1.35405ep-5F));
  const float p = 0x1.106b30p-3F +
                  v * (0x1.0f5834p-3F + v * (0x1.ee0e30p-4F + v * (0x1.5b3366p-4F + v * high)));
  const float tail = e * (v * p);
  const float far = sfu_select(x < 0.0F, tail, 1.0F - tail);
  return {sfu_select(magnitude < 1.0F, 0.5F + x * q, far), e * 0x1.988454p-2F};
}

/// x Phi(x), PyTorch's GELU with approximate='none'. x is an fp16 number.
NIBBLE_SFU_INLINE float sfu_gelu(float x) { return x * sfu_normal(x).probability; }

/// Phi(x) + x density(x). x is an fp16 number.
NIBBLE_SFU_INLINE float sfu_gelu_slope(float x) {
  const SfuNormal normal = sfu_normal(x);
  return normal.probability + x * normal.density;
}

}  // namespace nibble
