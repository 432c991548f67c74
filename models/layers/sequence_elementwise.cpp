#include "models/layers/sequence_elementwise.h"

#include <algorithm>

#include "models/formats/vector_clones.h"
#include "models/layers/sequence_elementwise_sums.h"
#include "models/layers/sequence_elementwise_values.h"
#include "models/layers/sfu_functions.h"

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
void dropout(const Fp16Code* __restrict x, std::int64_t count, double rate,
             const RandomStream& stream, Fp16Code* __restrict y) {
  constexpr auto kRun = static_cast<std::int64_t>(kRandomRun);
  const auto threshold = static_cast<std::uint32_t>(rate * 0x1p32);
  const auto scale = static_cast<float>(1 / (1 - rate));
  std::uint32_t words[kRandomRun];
  for (std::int64_t first = 0; first < count; first += kRun) {
    random_words(stream, static_cast<std::uint64_t>(first / kRun), words);
    const std::int64_t run = std::min(kRun, count - first);
    for (std::int64_t i = 0; i < run; ++i) {
      const Fp16Code kept = fp16_from_float(fp16_value(x[first + i]) * scale);
      y[first + i] = words[i] >= threshold ? kept : Fp16Code{0};
    }
  }
}

NIBBLE_VECTOR_CLONES
void add_bias(const float* __restrict bias, std::int64_t rows, std::int64_t channels,
              Fp16Code* __restrict y) {
  for (std::int64_t row = 0; row < rows; ++row, y += channels) {
    for (std::int64_t c = 0; c < channels; ++c) y[c] = fp16_from_float(fp16_value(y[c]) + bias[c]);
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
