#include "models/layers/fp16_values.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "models/layers/vector_clones.h"

namespace nibble {
namespace {

std::uint32_t bits_of(float x) {
  std::uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

}  // namespace

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
void scale_codes(const Fp16Code* accumulators, std::size_t count, float scale, Fp16Code* y) {
  for (std::size_t i = 0; i < count; ++i) {
    y[i] = fp16_from_float(fp16_to_float(accumulators[i]) * scale);
  }
}

NIBBLE_VECTOR_CLONES
Fp16Code max_magnitude_code(const Fp16Code* x, std::size_t count) {
  Fp16Code largest = 0;
  for (std::size_t i = 0; i < count; ++i) {
    largest = std::max(largest, static_cast<Fp16Code>(x[i] & 0x7FFF));
  }
  return largest;
}

NIBBLE_VECTOR_CLONES
Fp16Code fp4_quantize_codes(const Fp16Code* x, std::size_t count, int gradscale, NibbleCode* even,
                            NibbleCode* odd) {
  // fp4_quantize.h's arithmetic in 16 bits: `reached` is at most 64.
  const auto offset = static_cast<std::int16_t>(std::clamp(gradscale, -100, 100) + 8 - kFp16Bias);
  Fp16Code largest = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto magnitude = static_cast<std::uint16_t>(x[i] & 0x7FFF);
    largest = std::max(largest, magnitude);
    const auto reached = static_cast<std::int16_t>((magnitude + 384) >> kFp16MantissaBits);
    const auto t = static_cast<std::int16_t>(reached + offset);
    auto even_level = static_cast<std::int16_t>(t >> 1);
    auto odd_level = static_cast<std::int16_t>((t + 1) >> 1);
    even_level = std::min<std::int16_t>(std::max<std::int16_t>(even_level, 0), 7);
    odd_level = std::min<std::int16_t>(std::max<std::int16_t>(odd_level, 0), 7);
    even_level = magnitude == kFp16NanInfinity ? 7 : even_level;
    odd_level = magnitude == kFp16NanInfinity ? 7 : odd_level;
    even_level = magnitude == 0 ? 0 : even_level;
    odd_level = magnitude == 0 ? 0 : odd_level;
    const auto sign = static_cast<std::int16_t>((x[i] >> 12) & 8);
    even[i] = static_cast<NibbleCode>(even_level == 0 ? 0 : even_level | sign);
    odd[i] = static_cast<NibbleCode>(odd_level == 0 ? 0 : odd_level | sign);
  }
  return largest;
}

}  // namespace nibble
