#include "models/layers/sequence_elementwise_embedding.h"

#include <algorithm>

#include "models/formats/vector_clones.h"
#include "models/layers/fp16_values.h"
#include "models/layers/sequence_elementwise_values.h"

namespace nibble {

bool ids_are_rows(const std::int32_t* ids, std::int64_t tokens, std::int64_t rows) {
  return std::all_of(ids, ids + tokens, [=](std::int32_t id) { return id >= 0 && id < rows; });
}

NIBBLE_VECTOR_CLONES
void embedding(const float* __restrict table, const std::int32_t* __restrict ids,
               std::int64_t tokens, std::int64_t channels, Fp16Code* __restrict y) {
  for (std::int64_t t = 0; t < tokens; ++t) {
    const float* row = table + ids[t] * channels;
    Fp16Code* out = y + t * channels;
    for (std::int64_t c = 0; c < channels; ++c) out[c] = fp16_from_float(row[c]);
  }
}

NIBBLE_VECTOR_CLONES
void embedding_backward(const Fp16Code* __restrict dy, const std::int32_t* __restrict ids,
                        std::int64_t tokens, std::int64_t channels, float* __restrict dtable) {
  for (std::int64_t t = 0; t < tokens; ++t) {
    const Fp16Code* gradient = dy + t * channels;
    float* row = dtable + ids[t] * channels;
    for (std::int64_t c = 0; c < channels; ++c) row[c] += fp16_value(gradient[c]);
  }
}

NIBBLE_VECTOR_CLONES
void position_embedding(const Fp16Code* __restrict x, const float* __restrict table,
                        std::int64_t samples, std::int64_t positions, std::int64_t channels,
                        Fp16Code* __restrict y) {
  const std::int64_t size = positions * channels;
  for (std::int64_t n = 0; n < samples; ++n) {
    for (std::int64_t i = 0; i < size; ++i) {
      y[n * size + i] = fp16_from_float(fp16_value(x[n * size + i]) + fp16_rounded(table[i]));
    }
  }
}

NIBBLE_VECTOR_CLONES
void position_embedding_backward(const Fp16Code* __restrict dy, std::int64_t samples,
                                 std::int64_t positions, std::int64_t channels,
                                 float* __restrict dtable) {
  const std::int64_t size = positions * channels;
  for (std::int64_t n = 0; n < samples; ++n) {
    for (std::int64_t i = 0; i < size; ++i) dtable[i] += fp16_value(dy[n * size + i]);
  }
}

}  // namespace nibble
