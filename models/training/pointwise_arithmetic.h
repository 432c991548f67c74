// The SFU's work between two GEMMs of a training, in one pass over memory: batch norm with the
// batch's statistics, a residual added, PACT or ReLU, and their backward passes. Each stage
// computes in binary32 and rounds to fp16 as if it stood alone (NUMERICS section 4), so what is
// fused changes no bit.
//
// Tensors are fp16 codes [samples, pixels, channels]. Sums over a batch run over the pixels of a
// sample in index order, then over the samples in order: documented, independent of threads, and
// far more exact than one long running sum.
#pragma once

#include <cstdint>
#include <vector>

#include "models/formats/fp16.h"
#include "models/formats/int4.h"
#include "models/layers/fp16_values.h"

namespace nibble {

struct TensorShape {
  std::int64_t samples = 0, pixels = 0, channels = 0;
  [[nodiscard]] std::int64_t elements() const { return samples * pixels * channels; }
  [[nodiscard]] std::int64_t per_channel() const { return samples * pixels; }
};

/// Mean and variance (divided by the count n) of each channel. A sample's sum s and its sum of
/// squared distances from its own mean m are taken while it is in cache; then mean = sum of s / n
/// and variance = sum of (squares + pixels * (m - mean)^2) / n, over the samples in order.
struct BatchStatistics {
  std::vector<float> mean, variance;
  /// Then no value was NaN-infinity.
  [[nodiscard]] bool finite() const;
};
void batch_statistics(const Fp16Code* x, const TensorShape& shape, BatchStatistics& statistics);

/// z = x * scale + shift with scale = gamma / sqrt(variance + epsilon) and
/// shift = beta - mean * scale.
struct FoldedNorm {
  std::vector<float> scale, shift;
};
[[nodiscard]] FoldedNorm fold_batch_norm(const float* gamma, const float* beta, const float* mean,
                                         const float* variance, std::int64_t channels,
                                         float epsilon);

enum class Activation : std::uint8_t { none, pact, relu };

/// What happens to x: z = fp16(x * scale[c] + shift[c]) if there is a norm, v = fp16(z + other) if
/// there is another operand, y = v clipped to [0, alpha] (NaN-infinity to alpha, or to 0 if
/// negative) or with ReLU its positive part.
struct PointwiseStages {
  const FoldedNorm* norm = nullptr;
  const Fp16Code* other = nullptr;
  Activation activation = Activation::none;
  float alpha = 0;
  bool finite = false;  // with a norm: x is known to have no NaN-infinity
};

/// Which elements' gradients pass the activation backward, and with PACT which are alpha's: bits in
/// the order in which pointwise_arithmetic.cpp goes through a tensor, to be read by it alone.
struct PointwiseMasks {
  std::vector<std::uint8_t> passes, clipped;
};

/// `values` gets y, `codes` its u4 codes (pact only, `reciprocal` from pact_reciprocal); either may
/// be null. A gradient passes where 0 <= v < alpha and is alpha's where v >= alpha [FACTS 4]; with
/// ReLU it passes unless v <= 0.
void pointwise_forward(const Fp16Code* x, const TensorShape& shape, const PointwiseStages& stages,
                       Fp16Code reciprocal, Fp16Code* values, NibbleCode* codes,
                       PointwiseMasks& masks);

/// The gradient of y, from one reader or two: dy = fp16(first + second), which is left in `first`.
struct IncomingGradient {
  Fp16Code* first = nullptr;
  const Fp16Code* second = nullptr;
};

/// Sums over the batch of dv (dy where it passes, else 0), with t = (x - mean) / sqrt(variance +
/// epsilon).
struct PointwiseSums {
  std::vector<float> beta, gamma;  // of dv and of dv*t, a channel; empty without a norm
  float alpha = 0;                 // of dy where it is alpha's
};
/// Adds the readers' gradients and takes the sums; without a norm, dv replaces dy.
void pointwise_backward(const Fp16Code* x, const TensorShape& shape, const PointwiseStages& stages,
                        const PointwiseMasks& masks, const BatchStatistics& statistics,
                        float epsilon, const IncomingGradient& dy, PointwiseSums& sums);

/// dx = fp16(gamma / sqrt(variance + epsilon) * (dv - sum beta/n - t * sum gamma/n)). With another
/// operand, dv replaces dy: it is its gradient.
void batch_norm_backward(const Fp16Code* x, const TensorShape& shape, const PointwiseStages& stages,
                         const PointwiseMasks& masks, const BatchStatistics& statistics,
                         const PointwiseSums& sums, const float* gamma, float epsilon, Fp16Code* dy,
                         Fp16Code* dx);
/// The same, but dx becomes FP4 codes sample by sample, while it is in cache. Returns its largest
/// magnitude.
[[nodiscard]] Fp16Code batch_norm_backward(const Fp16Code* x, const TensorShape& shape,
                                           const PointwiseStages& stages,
                                           const PointwiseMasks& masks,
                                           const BatchStatistics& statistics,
                                           const PointwiseSums& sums, const float* gamma,
                                           float epsilon, Fp16Code* dy, const Fp4Phases& dx);

/// sum = fp16(sum + addend), element by element.
void add_codes(const Fp16Code* addend, std::int64_t count, Fp16Code* sum);

/// 1 / sqrt(variance + epsilon), a channel each.
[[nodiscard]] std::vector<float> inverse_deviation(const std::vector<float>& variance,
                                                   float epsilon);
/// Of sums of a channel each.
[[nodiscard]] std::vector<float> divided(std::vector<float> sums, float count);
/// Then no number that was added is NaN-infinity.
[[nodiscard]] bool all_finite(const std::vector<float>& sums);

}  // namespace nibble
