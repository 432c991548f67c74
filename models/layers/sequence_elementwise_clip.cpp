#include "models/layers/sequence_elementwise_clip.h"

#include "models/formats/vector_clones.h"
#include "models/layers/sequence_elementwise_sums.h"
#include "models/layers/sequence_elementwise_values.h"
#include "models/layers/sfu_functions.h"

namespace nibble {
namespace {

/// What lies beyond alpha is told by x's magnitude, which alpha or 1 gets its sign from. A
/// NaN-infinity is not below alpha.
NIBBLE_SFU_INLINE float with_sign_of(float magnitude, float x) {
  constexpr std::int32_t kSign = -0x7FFFFFFF - 1;
  return sfu_from_bits(sfu_bits(magnitude) | (sfu_bits(x) & kSign));
}

}  // namespace

NIBBLE_VECTOR_CLONES
void signed_clip(const Fp16Code* __restrict x, std::int64_t count, float alpha,
                 Fp16Code* __restrict y) {
  for (std::int64_t i = 0; i < count; ++i) {
    const float value = fp16_value(x[i]);
    const bool inside = sfu_magnitude(value) < alpha;
    y[i] = fp16_from_float(sfu_select(inside, value, with_sign_of(alpha, value)));
  }
}

NIBBLE_VECTOR_CLONES
float signed_clip_backward(const Fp16Code* __restrict x, const Fp16Code* __restrict dy,
                           const RowShape& shape, float alpha, Fp16Code* __restrict dx) {
  float sum = 0;
  for (std::int64_t row = 0; row < shape.rows; ++row) {
    const Fp16Code* values = x + row * shape.channels;
    const Fp16Code* gradients = dy + row * shape.channels;
    Fp16Code* out = dx + row * shape.channels;
    for (std::int64_t c = 0; c < shape.channels; ++c) {
      const bool inside = sfu_magnitude(fp16_value(values[c])) < alpha;
      const auto mask = static_cast<Fp16Code>(-static_cast<std::int32_t>(inside));
      out[c] = static_cast<Fp16Code>(gradients[c] & mask);
    }
    sum += sum_channels_of_row(shape.channels, [=](std::int64_t c) {
      const float value = fp16_value(values[c]), gradient = fp16_value(gradients[c]);
      const bool inside = sfu_magnitude(value) < alpha;
      return sfu_select(inside, 0.0F, gradient * with_sign_of(1.0F, value));
    });
  }
  return sum;
}

}  // namespace nibble
