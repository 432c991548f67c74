// The SFU's work that only training does: batch statistics and the backward passes of batch norm,
// PACT and pooling. Tensors are fp16 values held as binary32, [samples, pixels, channels]; work is
// in binary32, stored tensors are rounded once to fp16.
//
// Sums over a batch run over the pixels of a sample in index order, then over the samples in order:
// documented, independent of threads, and far more exact than one long running sum.
#pragma once

#include <cstdint>
#include <vector>

namespace nibble {

struct TensorShape {
  std::int64_t samples = 0, pixels = 0, channels = 0;
  [[nodiscard]] std::int64_t elements() const { return samples * pixels * channels; }
  [[nodiscard]] std::int64_t per_channel() const { return samples * pixels; }
};

/// Mean and variance (divided by the count) of each channel, in two passes.
struct BatchStatistics {
  std::vector<float> mean, variance;
};
[[nodiscard]] BatchStatistics batch_statistics(const float* x, const TensorShape& shape);

/// The scale and shift that batch_norm_apply takes: scale = gamma / sqrt(variance + epsilon),
/// shift = beta - mean * scale.
struct FoldedNorm {
  std::vector<float> scale, shift;
};
[[nodiscard]] FoldedNorm fold_batch_norm(const float* gamma, const float* beta, const float* mean,
                                         const float* variance, std::int64_t channels,
                                         float epsilon);

/// With t = (x - mean) / sqrt(variance + epsilon): dbeta = sum dy, dgamma = sum dy*t,
/// dx = fp16(gamma / sqrt(variance + epsilon) * (dy - dbeta/n - t * dgamma/n)).
struct BatchNormGradients {
  std::vector<float> gamma, beta;
};
[[nodiscard]] BatchNormGradients batch_norm_backward(const float* x, const float* dy,
                                                     const TensorShape& shape,
                                                     const BatchStatistics& statistics,
                                                     const float* gamma, float epsilon, float* dx);

/// dx = dy where 0 <= x < alpha, else 0; returns dalpha = sum of dy where x >= alpha [FACTS 4].
[[nodiscard]] float pact_backward(const float* x, const float* dy, const TensorShape& shape,
                                  float alpha, float* dx);

/// dx = fp16(dy / pixels), dy [samples, channels].
void global_avg_pool_backward(const float* dy, const TensorShape& shape, float* dx);

}  // namespace nibble
