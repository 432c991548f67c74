#include "models/layers/sequence_elementwise_norm.h"

#include <cmath>

#include "models/formats/vector_clones.h"
#include "models/layers/sequence_elementwise_sums.h"
#include "models/layers/sequence_elementwise_values.h"

namespace nibble {

NIBBLE_VECTOR_CLONES
void layer_norm(const Fp16Code* __restrict x, const RowShape& shape, const float* __restrict gamma,
                const float* __restrict beta, float epsilon, RowStatistics* __restrict statistics,
                Fp16Code* __restrict y) {
  const auto count = static_cast<float>(shape.channels);
  for (std::int64_t row = 0; row < shape.rows; ++row) {
    const Fp16Code* in = x + row * shape.channels;
    Fp16Code* out = y + row * shape.channels;
    const float mean =
        sum_channels_of_row(shape.channels, [=](std::int64_t c) { return fp16_value(in[c]); }) /
        count;
    const float squares = sum_channels_of_row(shape.channels, [=](std::int64_t c) {
      const float distance = fp16_value(in[c]) - mean;
      return distance * distance;
    });
    const float inverse = 1.0F / std::sqrt(squares / count + epsilon);
    statistics[row] = {mean, inverse};
    for (std::int64_t c = 0; c < shape.channels; ++c) {
      out[c] = fp16_from_float((fp16_value(in[c]) - mean) * inverse * gamma[c] + beta[c]);
    }
  }
}

NIBBLE_VECTOR_CLONES
void layer_norm_backward(const Fp16Code* __restrict x, const Fp16Code* __restrict dy,
                         const RowShape& shape, const RowStatistics* __restrict statistics,
                         const float* __restrict gamma, Fp16Code* __restrict dx,
                         float* __restrict dgamma, float* __restrict dbeta) {
  const std::int64_t channels = shape.channels;
  const auto count = static_cast<float>(channels);
  for (std::int64_t row = 0; row < shape.rows; ++row) {
    const Fp16Code* in = x + row * channels;
    const Fp16Code* gradient = dy + row * channels;
    Fp16Code* out = dx + row * channels;
    const float mean = statistics[row].mean, inverse = statistics[row].inverse;
    const auto scaled = [=](std::int64_t c) { return fp16_value(gradient[c]) * gamma[c]; };
    const auto normal = [=](std::int64_t c) { return (fp16_value(in[c]) - mean) * inverse; };
    const float gradient_mean = sum_channels_of_row(channels, scaled) / count;
    const float product_mean =
        sum_channels_of_row(channels, [=](std::int64_t c) { return scaled(c) * normal(c); }) /
        count;
    for (std::int64_t c = 0; c < channels; ++c) {
      out[c] = fp16_from_float(inverse * (scaled(c) - gradient_mean - normal(c) * product_mean));
    }
  }
  sum_rows(
      shape.rows, channels,
      [=](std::int64_t row, std::int64_t c) {
        const std::int64_t i = row * channels + c;
        const RowStatistics& of_row = statistics[row];
        return fp16_value(dy[i]) * ((fp16_value(x[i]) - of_row.mean) * of_row.inverse);
      },
      dgamma);
  sum_rows(
      shape.rows, channels,
      [=](std::int64_t row, std::int64_t c) { return fp16_value(dy[row * channels + c]); }, dbeta);
}

}  // namespace nibble
