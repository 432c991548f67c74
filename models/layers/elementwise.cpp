#include "models/layers/elementwise.h"

#include <algorithm>
#include <vector>

#include "models/formats/vector_clones.h"
#include "models/layers/sequence_elementwise_values.h"

namespace nibble {
namespace {

constexpr Fp16Code kSign = 0x8000;

/// The order of fp16 values as that of integers; NaN-infinity of either sign is the largest.
std::int32_t rank(Fp16Code x) {
  const std::int32_t magnitude = x & (kSign - 1);
  const std::int32_t number = (x & kSign) != 0 ? -magnitude : magnitude;
  return magnitude == kFp16NanInfinity ? magnitude : number;
}

/// Maximum of one output pixel of one sample, all channels.
void pool_window(const Fp16Code* x, const Layer& layer, std::int64_t p, std::int64_t q,
                 Fp16Code* y) {
  const FeatureShape& in = layer.input_shape;
  std::fill_n(y, in.c, static_cast<Fp16Code>(kSign | kFp16LargestFinite));
  for (std::int64_t r = 0; r < layer.kernel; ++r) {
    const std::int64_t h = p * layer.stride + r - layer.padding;
    if (h < 0 || h >= in.h) continue;
    for (std::int64_t s = 0; s < layer.kernel; ++s) {
      const std::int64_t w = q * layer.stride + s - layer.padding;
      if (w < 0 || w >= in.w) continue;
      const Fp16Code* pixel = x + (h * in.w + w) * in.c;
      for (std::int64_t c = 0; c < in.c; ++c) y[c] = rank(pixel[c]) > rank(y[c]) ? pixel[c] : y[c];
    }
  }
}

}  // namespace

NIBBLE_VECTOR_CLONES
void batch_norm_apply(const Fp16Code* x, std::int64_t pixels, std::int64_t channels,
                      const float* scale, const float* shift, Fp16Code* z) {
  for (std::int64_t p = 0; p < pixels; ++p, x += channels, z += channels) {
    for (std::int64_t c = 0; c < channels; ++c) {
      z[c] = fp16_from_float(fp16_value(x[c]) * scale[c] + shift[c]);
    }
  }
}

NIBBLE_VECTOR_CLONES
void pact_clip(const Fp16Code* x, std::int64_t count, float alpha, Fp16Code* y) {
  for (std::int64_t i = 0; i < count; ++i) {
    const float value = fp16_value(x[i]);
    const Fp16Code capped = fp16_from_float(value < alpha ? value : alpha);
    y[i] = (x[i] & kSign) != 0 ? Fp16Code{0} : capped;
  }
}

void relu(const Fp16Code* x, std::int64_t count, Fp16Code* y) {
  for (std::int64_t i = 0; i < count; ++i) y[i] = (x[i] & kSign) != 0 ? Fp16Code{0} : x[i];
}

NIBBLE_VECTOR_CLONES
void residual_add(const Fp16Code* a, const Fp16Code* b, std::int64_t count, Fp16Code* y) {
  for (std::int64_t i = 0; i < count; ++i) {
    y[i] = fp16_from_float(fp16_value(a[i]) + fp16_value(b[i]));
  }
}

void global_avg_pool(const Fp16Code* x, std::int64_t samples, std::int64_t pixels,
                     std::int64_t channels, Fp16Code* y) {
  std::vector<float> sums(static_cast<std::size_t>(channels));
  for (std::int64_t n = 0; n < samples; ++n) {
    std::fill(sums.begin(), sums.end(), 0.0F);
    for (std::int64_t p = 0; p < pixels; ++p) {
      for (float& sum : sums) sum += fp16_value(*x++);
    }
    for (const float sum : sums) *y++ = fp16_from_float(sum / static_cast<float>(pixels));
  }
}

void max_pool(const Fp16Code* x, std::int64_t samples, const Layer& layer, Fp16Code* y) {
  const FeatureShape& out = layer.output_shape;
  for (std::int64_t n = 0; n < samples; ++n) {
    for (std::int64_t p = 0; p < out.h; ++p) {
      for (std::int64_t q = 0; q < out.w; ++q, y += out.c) {
        pool_window(x + n * layer.input_shape.elements(), layer, p, q, y);
      }
    }
  }
}

}  // namespace nibble
