#include "models/layers/fp16_values.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "models/layers/vector_clones.h"

namespace nibble {
namespace {

constexpr std::uint32_t kMagnitude = 0x7FFFFFFF;

std::uint32_t bits_of(float x) {
  std::uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

float float_of(std::uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

}  // namespace

NIBBLE_VECTOR_CLONES
void fp16_round(const float* x, std::size_t count, float* y) {
  for (std::size_t i = 0; i < count; ++i) y[i] = fp16_rounded(x[i]);
}

NIBBLE_VECTOR_CLONES
float max_magnitude(const float* x, std::size_t count) {
  std::int32_t largest = 0;  // patterns of magnitudes are ordered like their values, NaN above all
  for (std::size_t i = 0; i < count; ++i) {
    largest = std::max(largest, static_cast<std::int32_t>(bits_of(x[i]) & kMagnitude));
  }
  return float_of(static_cast<std::uint32_t>(largest));
}

NIBBLE_VECTOR_CLONES
void scale_accumulators(const Fp16Code* accumulators, std::size_t count, float scale, float* y) {
  for (std::size_t i = 0; i < count; ++i)
    y[i] = fp16_rounded(fp16_to_float(accumulators[i]) * scale);
}

NIBBLE_VECTOR_CLONES
void pact_quantize_values(const float* x, std::size_t count, Fp16Code reciprocal,
                          NibbleCode* codes) {
  const float r = fp16_to_float(reciprocal);
  for (std::size_t i = 0; i < count; ++i) {
    // x * r is exact (two 10-bit significands) and so is the sum wherever it could reach the next
    // integer; clamping first keeps the conversion in range and makes a NaN the largest code.
    const float product = x[i] * r;
    const float capped = product < 15.0F ? product : 15.0F;
    // NUMERICS section 3 asks for floor(x*r + 1/2), which is what truncation does above zero.
    // NOLINTNEXTLINE(bugprone-incorrect-roundings)
    const int code = static_cast<int>((capped > 0.0F ? capped : 0.0F) + 0.5F);
    // On the bits, because a zero times a NaN-infinity reciprocal is no number.
    const bool positive = static_cast<std::int32_t>(bits_of(x[i])) > 0;
    codes[i] = static_cast<NibbleCode>(positive ? code : 0);
  }
}

NIBBLE_VECTOR_CLONES
void fp4_quantize_values(const float* x, std::size_t count, int gradscale, NibbleCode* even,
                         NibbleCode* odd) {
  // Beyond +-100 every x is past the last threshold or below the first; the bound keeps the scale
  // finite, so that a zero stays one.
  const float scale = std::ldexp(1.0F, std::clamp(gradscale, -100, 100));
  // The even thresholds are 1.25 * 2^-7 * 4^n. Taking a quarter of a unit off the mantissa borrows
  // from the exponent field below 1.25, so that the level is half of the field's distance from the
  // first threshold; the odd phase quantises 2x, one step further. NaN saturates by itself.
  constexpr std::int32_t kQuarter = 0x00200000;
  constexpr std::int32_t kFirstExponent = 127 - 7;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t bits = bits_of(x[i] * scale);
    const auto magnitude = static_cast<std::int32_t>(bits & kMagnitude);
    const std::int32_t exponent = ((magnitude - kQuarter) >> 23) - kFirstExponent;
    const std::int32_t sign = static_cast<std::int32_t>(bits >> 28) & 8;
    const std::int32_t even_level = std::min(std::max((exponent + 2) >> 1, 0), 7);
    const std::int32_t odd_level = std::min(std::max((exponent + 3) >> 1, 0), 7);
    even[i] = static_cast<NibbleCode>(even_level == 0 ? 0 : even_level | sign);
    odd[i] = static_cast<NibbleCode>(odd_level == 0 ? 0 : odd_level | sign);
  }
}

}  // namespace nibble
