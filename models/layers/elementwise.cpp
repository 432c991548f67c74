#include "models/layers/elementwise.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "models/layers/fp16_values.h"
#include "models/layers/vector_clones.h"

namespace nibble {
namespace {

bool sign_bit(float x) {
  std::uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return (bits >> 31) != 0;
}

/// Maximum of one output pixel of one sample, all channels.
void pool_window(const float* x, const Layer& layer, std::int64_t p, std::int64_t q, float* y) {
  const FeatureShape& in = layer.input_shape;
  std::fill_n(y, in.c, -std::numeric_limits<float>::infinity());
  for (std::int64_t r = 0; r < layer.kernel; ++r) {
    const std::int64_t h = p * layer.stride + r - layer.padding;
    if (h < 0 || h >= in.h) continue;
    for (std::int64_t s = 0; s < layer.kernel; ++s) {
      const std::int64_t w = q * layer.stride + s - layer.padding;
      if (w < 0 || w >= in.w) continue;
      const float* pixel = x + (h * in.w + w) * in.c;
      for (std::int64_t c = 0; c < in.c; ++c) y[c] = y[c] > pixel[c] ? y[c] : pixel[c];
    }
  }
}

}  // namespace

NIBBLE_VECTOR_CLONES
void batch_norm_apply(const float* x, std::int64_t pixels, std::int64_t channels,
                      const float* scale, const float* shift, float* z) {
  for (std::int64_t p = 0; p < pixels; ++p) {
    for (std::int64_t c = 0; c < channels; ++c) {
      z[p * channels + c] = fp16_rounded(x[p * channels + c] * scale[c] + shift[c]);
    }
  }
}

NIBBLE_VECTOR_CLONES
void pact_clip(const float* x, std::int64_t count, float alpha, float* y) {
  for (std::int64_t i = 0; i < count; ++i) {
    const float capped = x[i] < alpha ? x[i] : alpha;
    y[i] = fp16_rounded(sign_bit(x[i]) ? 0.0F : capped);
  }
}

void relu(const float* x, std::int64_t count, float* y) {
  for (std::int64_t i = 0; i < count; ++i) y[i] = sign_bit(x[i]) ? 0.0F : x[i];
}

NIBBLE_VECTOR_CLONES
void residual_add(const float* a, const float* b, std::int64_t count, float* y) {
  for (std::int64_t i = 0; i < count; ++i) y[i] = fp16_rounded(a[i] + b[i]);
}

void bias_add(const float* x, std::int64_t rows, std::int64_t channels, const float* bias,
              float* y) {
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t c = 0; c < channels; ++c) {
      y[i * channels + c] = fp16_rounded(x[i * channels + c] + bias[c]);
    }
  }
}

void global_avg_pool(const float* x, std::int64_t samples, std::int64_t pixels,
                     std::int64_t channels, float* y) {
  for (std::int64_t n = 0; n < samples; ++n) {
    float* mean = y + n * channels;
    std::fill_n(mean, channels, 0.0F);
    for (std::int64_t p = 0; p < pixels; ++p) {
      const float* pixel = x + (n * pixels + p) * channels;
      for (std::int64_t c = 0; c < channels; ++c) mean[c] += pixel[c];
    }
    for (std::int64_t c = 0; c < channels; ++c) {
      mean[c] = fp16_rounded(mean[c] / static_cast<float>(pixels));
    }
  }
}

void max_pool(const float* x, std::int64_t samples, const Layer& layer, float* y) {
  const FeatureShape& out = layer.output_shape;
  for (std::int64_t n = 0; n < samples; ++n) {
    for (std::int64_t p = 0; p < out.h; ++p) {
      for (std::int64_t q = 0; q < out.w; ++q) {
        pool_window(x + n * layer.input_shape.elements(), layer, p, q,
                    y + n * out.elements() + (p * out.w + q) * out.c);
      }
    }
  }
}

}  // namespace nibble
