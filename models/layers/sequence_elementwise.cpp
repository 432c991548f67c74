#include "models/layers/sequence_elementwise.h"

#include "models/layers/sequence_elementwise_sums.h"
#include "models/layers/sequence_elementwise_values.h"
#include "models/layers/sfu_functions.h"
#include "models/layers/vector_clones.h"

namespace nibble {

NIBBLE_VECTOR_CLONES
void gelu(const Fp16Code* __restrict x, std::int64_t count, Fp16Code* __restrict y) {
  for (std::int64_t i = 0; i < count; ++i) y[i] = fp16_from_float(sfu_gelu(fp16_value(x[i])));
}

NIBBLE_VECTOR_CLONES
void gelu_backward(const Fp16Code* __restrict x, const Fp16Code* __restrict dy, std::int64_t count,
                   Fp16Code* __restrict dx) {
  for (std::int64_t i = 0; i < count; ++i) {
    dx[i] = fp16_from_float(fp16_value(dy[i]) * sfu_gelu_slope(fp16_value(x[i])));
  }
}

NIBBLE_VECTOR_CLONES
void bias_gradient(const Fp16Code* __restrict dy, std::int64_t rows, std::int64_t channels,
                   float* __restrict dbias) {
  sum_rows(
      rows, channels,
      [=](std::int64_t row, std::int64_t c) { return fp16_value(dy[row * channels + c]); }, dbias);
}

}  // namespace nibble
