// The array forms of the fp16 conversions: training and the SFU models call them on whole tensors.
#include "models/formats/fp16.h"

#include "models/formats/vector_clones.h"

namespace nibble {

NIBBLE_VECTOR_CLONES
void fp16_from_floats(const float* __restrict x, std::size_t count, Fp16Code* __restrict codes) {
  for (std::size_t i = 0; i < count; ++i) codes[i] = fp16_from_float(x[i]);
}

NIBBLE_VECTOR_CLONES
void fp16_to_floats(const Fp16Code* __restrict codes, std::size_t count, float* __restrict x) {
  for (std::size_t i = 0; i < count; ++i) x[i] = fp16_to_float(codes[i]);
}

}  // namespace nibble
