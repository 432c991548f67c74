#include "models/training/elementwise_training.h"

#include <cmath>

#include "models/layers/fp16_values.h"
#include "models/layers/vector_clones.h"

namespace nibble {
namespace {

using Sums = std::vector<float>;

std::size_t size(std::int64_t count) { return static_cast<std::size_t>(count); }

// Channels that are summed side by side: one vector register of the widest machine.
constexpr std::int64_t kSideBySide = 16;

/// Adds term(element, channel) over a batch in the documented order, for channels first ...
/// first + width.
template <typename Term>
inline __attribute__((always_inline)) void sum_channels(const TensorShape& shape,
                                                        std::int64_t first, std::int64_t width,
                                                        Term term, float* total) {
  for (std::int64_t n = 0; n < shape.samples; ++n) {
    float sample[kSideBySide] = {};
    for (std::int64_t p = n * shape.pixels; p < (n + 1) * shape.pixels; ++p) {
      for (std::int64_t c = 0; c < width; ++c) {
        sample[c] += term(p * shape.channels + first + c, first + c);
      }
    }
    for (std::int64_t c = 0; c < width; ++c) total[first + c] += sample[c];
  }
}

template <typename Term>
inline __attribute__((always_inline)) Sums batch_sums(const TensorShape& shape, Term term) {
  Sums total(size(shape.channels));
  std::int64_t first = 0;
  for (; first + kSideBySide <= shape.channels; first += kSideBySide) {
    sum_channels(shape, first, kSideBySide, term, total.data());
  }
  if (first < shape.channels) {
    sum_channels(shape, first, shape.channels - first, term, total.data());
  }
  return total;
}

Sums divided(Sums sums, std::int64_t count) {
  for (float& sum : sums) sum /= static_cast<float>(count);
  return sums;
}

Sums inverse_deviation(const Sums& variance, float epsilon) {
  Sums inverse(variance.size());
  for (std::size_t c = 0; c < inverse.size(); ++c) {
    inverse[c] = 1.0F / std::sqrt(variance[c] + epsilon);
  }
  return inverse;
}

}  // namespace

NIBBLE_VECTOR_CLONES
BatchStatistics batch_statistics(const float* x, const TensorShape& shape) {
  BatchStatistics statistics;
  statistics.mean = divided(batch_sums(shape, [=](std::int64_t i, std::int64_t) { return x[i]; }),
                            shape.per_channel());
  const float* mean = statistics.mean.data();
  statistics.variance = divided(batch_sums(shape,
                                           [=](std::int64_t i, std::int64_t c) {
                                             const float distance = x[i] - mean[c];
                                             return distance * distance;
                                           }),
                                shape.per_channel());
  return statistics;
}

FoldedNorm fold_batch_norm(const float* gamma, const float* beta, const float* mean,
                           const float* variance, std::int64_t channels, float epsilon) {
  FoldedNorm folded{Sums(size(channels)), Sums(size(channels))};
  for (std::size_t c = 0; c < folded.scale.size(); ++c) {
    folded.scale[c] = gamma[c] / std::sqrt(variance[c] + epsilon);
    folded.shift[c] = beta[c] - mean[c] * folded.scale[c];
  }
  return folded;
}

NIBBLE_VECTOR_CLONES
BatchNormGradients batch_norm_backward(const float* x, const float* dy, const TensorShape& shape,
                                       const BatchStatistics& statistics, const float* gamma,
                                       float epsilon, float* dx) {
  const Sums inverse = inverse_deviation(statistics.variance, epsilon);
  const float* mean = statistics.mean.data();
  const float* scale = inverse.data();
  BatchNormGradients gradients;
  gradients.beta = batch_sums(shape, [=](std::int64_t i, std::int64_t) { return dy[i]; });
  gradients.gamma = batch_sums(
      shape, [=](std::int64_t i, std::int64_t c) { return dy[i] * ((x[i] - mean[c]) * scale[c]); });
  const Sums beta_share = divided(gradients.beta, shape.per_channel());
  const Sums gamma_share = divided(gradients.gamma, shape.per_channel());
  const float* beta_mean = beta_share.data();
  const float* gamma_mean = gamma_share.data();
  for (std::int64_t p = 0; p < shape.per_channel(); ++p) {
    for (std::int64_t c = 0; c < shape.channels; ++c) {
      const std::int64_t i = p * shape.channels + c;
      const float normalised = (x[i] - mean[c]) * scale[c];
      dx[i] =
          fp16_rounded(gamma[c] * scale[c] * (dy[i] - beta_mean[c] - normalised * gamma_mean[c]));
    }
  }
  return gradients;
}

NIBBLE_VECTOR_CLONES
float pact_backward(const float* x, const float* dy, const TensorShape& shape, float alpha,
                    float* dx) {
  const Sums clipped = batch_sums(shape, [=](std::int64_t i, std::int64_t) {
    const float passed = x[i] < alpha ? dy[i] : 0.0F;
    dx[i] = x[i] >= 0.0F ? passed : 0.0F;
    return x[i] >= alpha ? dy[i] : 0.0F;
  });
  float total = 0;
  for (const float channel : clipped) total += channel;
  return total;
}

void global_avg_pool_backward(const float* dy, const TensorShape& shape, float* dx) {
  for (std::int64_t n = 0; n < shape.samples; ++n) {
    for (std::int64_t p = 0; p < shape.pixels; ++p) {
      for (std::int64_t c = 0; c < shape.channels; ++c) {
        dx[(n * shape.pixels + p) * shape.channels + c] =
            fp16_rounded(dy[n * shape.channels + c] / static_cast<float>(shape.pixels));
      }
    }
  }
}

}  // namespace nibble
