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

}  // namespace nibble
