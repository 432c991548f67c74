#include "models/layers/fp16_values.h"

#include <algorithm>
#include <cstdint>

#include "models/formats/vector_clones.h"

namespace nibble {
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
