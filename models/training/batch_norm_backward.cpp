// The second half of batch norm's backward pass, once the sums of the first are known: dx, a sample
// after the other. Its FP4 codes are made of a sample's fp16 codes while these are in cache.
#include <algorithm>
#include <vector>

#include "models/gemm/gemm_simd_scratch.h"
#include "models/training/pointwise_arithmetic.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/training/batch_norm_backward.cpp"
#include "hwy/foreach_target.h"
// After foreach_target.h:
#include "models/training/pointwise_columns-inl.h"

#ifndef NIBBLE_BATCH_NORM_BACKWARD_ONCE
#define NIBBLE_BATCH_NORM_BACKWARD_ONCE
namespace nibble {

/// What dx needs of each channel.
struct NormFactors {
  std::vector<float> inverse, outer, beta_mean, gamma_mean;
};

/// Where dx goes: one of both.
struct NormGradient {
  Fp16Code* values = nullptr;
  const Fp4Phases* phases = nullptr;
};

}  // namespace nibble
#endif

HWY_BEFORE_NAMESPACE();
namespace nibble {
namespace HWY_NAMESPACE {

/// kFinite: neither x nor what passes of dy has a NaN-infinity.
template <bool kFinite>
void norm_backward_columns(const Fp16Code* x, const TensorShape& shape, MaskReader& masks,
                           const std::vector<float>& means, const NormFactors& factors, bool keeps,
                           Fp16Code* dy, Fp16Code* dx) {
  MaskReader passes = masks;
  for_each_column(
      shape, [&](const Column& column) HWY_ATTR __attribute__((always_inline)) {
        const VecF32 mean = load_channels(means, column);
        const VecF32 scale = load_channels(factors.inverse, column);
        const VecF32 outer = load_channels(factors.outer, column);
        const VecF32 beta_mean = load_channels(factors.beta_mean, column);
        const VecF32 gamma_mean = load_channels(factors.gamma_mean, column);
        const auto gradient_at = [&](std::int64_t i) HWY_ATTR {
          prefetch(i, x, dy);
          const VecI32 passed = passes(load_codes(dy + i, column.width));
          if (keeps) store_codes(passed, column.width, dy + i);
          const VecF32 normalised =
              hn::Mul(hn::Sub(decode<kFinite>(x + i, column.width), mean), scale);
          const VecF32 rest =
              hn::Sub(hn::Sub(decode<kFinite>(passed), beta_mean), hn::Mul(normalised, gamma_mean));
          return hn::Mul(outer, rest);
        };
        std::int64_t i = column.begin;
        if (column.width == kLanes) {
          for (const std::int64_t next = shape.channels; i + next < column.end; i += 2 * next) {
            const VecF32 first = gradient_at(i);
            encode_two(first, gradient_at(i + next), dx + i, dx + i + next);
          }
        }
        for (; i < column.end; i += shape.channels) encode(gradient_at(i), column.width, dx + i);
      });
  masks = passes;
}

/// With another operand, dv replaces dy. Returns the largest magnitude of dx if it becomes FP4.
Fp16Code norm_backward(const Fp16Code* x, const TensorShape& shape, const PointwiseStages& stages,
                       const PointwiseMasks& masks, const std::vector<float>& means,
                       const NormFactors& factors, Fp16Code* dy, const NormGradient& dx) {
  static thread_local ScratchBuffer<Fp16Code> memory;
  const bool finite = stages.finite && all_finite(factors.beta_mean);
  const auto backward = finite ? norm_backward_columns<true> : norm_backward_columns<false>;
  const TensorShape sample{1, shape.pixels, shape.channels};
  const auto count = static_cast<std::size_t>(sample.elements());
  MaskReader passes(masks.passes);
  Fp16Code largest = 0;
  for (std::int64_t first = 0; first < shape.elements(); first += sample.elements()) {
    Fp16Code* codes = dx.phases != nullptr ? memory.get(sample.elements()) : dx.values + first;
    backward(x + first, sample, passes, means, factors, stages.other != nullptr, dy + first, codes);
    if (dx.phases == nullptr) continue;
    largest =
        std::max(largest, fp4_quantize_codes(codes, count, dx.phases->gradscale,
                                             dx.phases->even + first, dx.phases->odd + first));
  }
  return largest;
}

}  // namespace HWY_NAMESPACE
}  // namespace nibble
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace nibble {
namespace {

HWY_EXPORT(norm_backward);

Fp16Code backward_to(const NormGradient& dx, const Fp16Code* x, const TensorShape& shape,
                     const PointwiseStages& stages, const PointwiseMasks& masks,
                     const BatchStatistics& statistics, const PointwiseSums& sums,
                     const float* gamma, float epsilon, Fp16Code* dy) {
  const auto count = static_cast<float>(shape.per_channel());
  NormFactors factors{inverse_deviation(statistics.variance, epsilon),
                      {},
                      divided(sums.beta, count),
                      divided(sums.gamma, count)};
  factors.outer = factors.inverse;
  for (std::size_t c = 0; c < factors.outer.size(); ++c) factors.outer[c] *= gamma[c];
  return HWY_DYNAMIC_DISPATCH(norm_backward)(x, shape, stages, masks, statistics.mean, factors, dy,
                                             dx);
}

}  // namespace

void batch_norm_backward(const Fp16Code* x, const TensorShape& shape, const PointwiseStages& stages,
                         const PointwiseMasks& masks, const BatchStatistics& statistics,
                         const PointwiseSums& sums, const float* gamma, float epsilon, Fp16Code* dy,
                         Fp16Code* dx) {
  backward_to({dx, nullptr}, x, shape, stages, masks, statistics, sums, gamma, epsilon, dy);
}

Fp16Code batch_norm_backward(const Fp16Code* x, const TensorShape& shape,
                             const PointwiseStages& stages, const PointwiseMasks& masks,
                             const BatchStatistics& statistics, const PointwiseSums& sums,
                             const float* gamma, float epsilon, Fp16Code* dy, const Fp4Phases& dx) {
  return backward_to({nullptr, &dx}, x, shape, stages, masks, statistics, sums, gamma, epsilon, dy);
}

}  // namespace nibble
#endif  // HWY_ONCE
