// Loops over [samples, pixels, channels]: a sample after the other, in it a vector of channels
// after the other down its pixels, so that sums stay in registers and a sample in cache.
#include "models/training/pointwise_arithmetic.h"

#include <algorithm>
#include <cmath>
#include <utility>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "models/training/pointwise_arithmetic.cpp"
#include "hwy/foreach_target.h"
// After foreach_target.h:
#include "models/training/pointwise_columns-inl.h"

HWY_BEFORE_NAMESPACE();
namespace nibble {
namespace HWY_NAMESPACE {

template <bool Norm, bool Add, bool kFinite>
void forward_columns(const Fp16Code* x, const TensorShape& shape, const PointwiseStages& stages,
                     Fp16Code reciprocal, Fp16Code* values, NibbleCode* codes, std::uint8_t* passes,
                     std::uint8_t* clipped) {
  const VecF32 alpha = all(stages.alpha);
  const VecF32 most = rounded(alpha);
  // Where 15 / alpha is beyond fp16, every y but zero is beyond code 15.
  const float r_value = fp16_to_float(reciprocal);
  const VecF32 r = all(std::isfinite(r_value) ? r_value : 1e30F);
  for_each_column(
      shape, [&](const Column& column) HWY_ATTR __attribute__((always_inline)) {
        const ColumnStages<Norm, Add> stage(stages, column);
        for (std::int64_t i = column.begin; i < column.end; i += shape.channels) {
          prefetch(i, x);
          if constexpr (Add) prefetch(i, stages.other);
          prefetch_result(i, values);
          prefetch_result(i, codes);
          const VecF32 v = stage(decode<kFinite>(x + i, column.width), i);
          VecF32 y = v;
          if (stages.activation == Activation::pact) {
            const MaskF32 below = hn::Lt(v, alpha);
            y = hn::IfThenElse(below, v, most);
            passes = store_mask(hn::And(hn::Ge(v, all(0.0F)), below), passes);
            clipped = store_mask(hn::Ge(v, alpha), clipped);
          } else if (stages.activation == Activation::relu) {
            passes = store_mask(hn::Not(hn::Le(v, all(0.0F))), passes);
          }
          if (stages.activation != Activation::none) {
            y = lanes_of(hn::IfThenZeroElse(hn::Lt(bits_of(v), all(0)), bits_of(y)));
          }
          if (codes != nullptr) store_quantised(y, r, column.width, codes + i);
          if (values == nullptr) continue;
          if (stages.activation != Activation::none) {
            encode_positive(y, column.width, values + i);
          } else {
            encode_exact(y, column.width, values + i);
          }
        }
      });
}

template <bool Norm, bool kTwoReaders, bool kFinite>
void backward_columns(const Fp16Code* x, const TensorShape& shape, const PointwiseMasks& masks,
                      const BatchStatistics& statistics, const std::vector<float>& inverse,
                      const IncomingGradient& dy, PointwiseSums& sums, std::vector<float>& alphas) {
  MaskReader passes(masks.passes), clipped(masks.clipped);
  const bool has_alpha = !masks.clipped.empty();
  Fp16Code* const first = dy.first;
  const Fp16Code* const second = dy.second;
  for_each_column(
      shape, [&](const Column& column) HWY_ATTR __attribute__((always_inline)) {
        VecF32 mean = all(0.0F), scale = all(0.0F);
        if constexpr (Norm) {
          mean = load_channels(statistics.mean, column);
          scale = load_channels(inverse, column);
        }
        VecF32 beta_sum = all(0.0F), gamma_sum = all(0.0F), alpha_sum = all(0.0F);
        for (std::int64_t i = column.begin; i < column.end; i += shape.channels) {
          prefetch(i, x, first);
          if constexpr (kTwoReaders) prefetch(i, second);
          VecF32 gradient = decode(first + i, column.width);
          if constexpr (kTwoReaders) {
            gradient = rounded(hn::Add(gradient, decode(second + i, column.width)));
            encode_exact(gradient, column.width, first + i);
          }
          if (has_alpha) alpha_sum = hn::Add(alpha_sum, clipped(gradient));
          gradient = passes(gradient);
          if constexpr (Norm) {
            const VecF32 normalised =
                hn::Mul(hn::Sub(decode<kFinite>(x + i, column.width), mean), scale);
            beta_sum = hn::Add(beta_sum, gradient);
            gamma_sum = hn::Add(gamma_sum, hn::Mul(gradient, normalised));
          } else {
            encode_exact(gradient, column.width, first + i);
          }
        }
        if constexpr (Norm) {
          add_channels(beta_sum, column, sums.beta);
          add_channels(gamma_sum, column, sums.gamma);
        }
        add_channels(alpha_sum, column, alphas);
      });
}

void forward_any(const Fp16Code* x, const TensorShape& shape, const PointwiseStages& stages,
                 Fp16Code reciprocal, Fp16Code* values, NibbleCode* codes, PointwiseMasks& masks) {
  constexpr std::size_t kReadable = 8;  // LoadMaskBits reads this many
  const std::size_t bytes = static_cast<std::size_t>(mask_bytes(shape)) + kReadable;
  masks.passes.resize(stages.activation == Activation::none ? 0 : bytes);
  masks.clipped.resize(stages.activation == Activation::pact ? bytes : 0);
  const bool adds = stages.other != nullptr;
  auto forward = adds ? forward_columns<false, true, false> : forward_columns<false, false, false>;
  if (stages.norm != nullptr && stages.finite) {
    forward = adds ? forward_columns<true, true, true> : forward_columns<true, false, true>;
  } else if (stages.norm != nullptr) {
    forward = adds ? forward_columns<true, true, false> : forward_columns<true, false, false>;
  }
  forward(x, shape, stages, reciprocal, values, codes, masks.passes.data(), masks.clipped.data());
}

void backward_any(const Fp16Code* x, const TensorShape& shape, const PointwiseStages& stages,
                  const PointwiseMasks& masks, const BatchStatistics& statistics,
                  const std::vector<float>& inverse, const IncomingGradient& dy,
                  PointwiseSums& sums, std::vector<float>& alphas) {
  const bool two = dy.second != nullptr;
  auto backward =
      two ? backward_columns<false, true, false> : backward_columns<false, false, false>;
  if (stages.norm != nullptr && stages.finite) {
    backward = two ? backward_columns<true, true, true> : backward_columns<true, false, true>;
  } else if (stages.norm != nullptr) {
    backward = two ? backward_columns<true, true, false> : backward_columns<true, false, false>;
  }
  backward(x, shape, masks, statistics, inverse, dy, sums, alphas);
}

/// fp16(a + b) in binary32 is one rounding (fp16.h).
void add_all(const Fp16Code* addend, std::int64_t count, Fp16Code* sum) {
  for (std::int64_t i = 0; i < count; i += kLanes) {
    const std::int64_t width = std::min(kLanes, count - i);
    encode(hn::Add(decode(sum + i, width), decode(addend + i, width)), width, sum + i);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace nibble
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace nibble {
namespace {

HWY_EXPORT(forward_any);
HWY_EXPORT(backward_any);
HWY_EXPORT(add_all);

std::size_t size(std::int64_t count) { return static_cast<std::size_t>(count); }

}  // namespace

std::vector<float> inverse_deviation(const std::vector<float>& variance, float epsilon) {
  std::vector<float> inverse(variance.size());
  for (std::size_t c = 0; c < inverse.size(); ++c) {
    inverse[c] = 1.0F / std::sqrt(variance[c] + epsilon);
  }
  return inverse;
}

FoldedNorm fold_batch_norm(const float* gamma, const float* beta, const float* mean,
                           const float* variance, std::int64_t channels, float epsilon) {
  FoldedNorm folded{std::vector<float>(size(channels)), std::vector<float>(size(channels))};
  for (std::size_t c = 0; c < folded.scale.size(); ++c) {
    folded.scale[c] = gamma[c] / std::sqrt(variance[c] + epsilon);
    folded.shift[c] = beta[c] - mean[c] * folded.scale[c];
  }
  return folded;
}

void pointwise_forward(const Fp16Code* x, const TensorShape& shape, const PointwiseStages& stages,
                       Fp16Code reciprocal, Fp16Code* values, NibbleCode* codes,
                       PointwiseMasks& masks) {
  HWY_DYNAMIC_DISPATCH(forward_any)(x, shape, stages, reciprocal, values, codes, masks);
}

void pointwise_backward(const Fp16Code* x, const TensorShape& shape, const PointwiseStages& stages,
                        const PointwiseMasks& masks, const BatchStatistics& statistics,
                        float epsilon, const IncomingGradient& dy, PointwiseSums& sums) {
  std::vector<float> inverse, alphas(size(shape.channels));
  if (stages.norm != nullptr) inverse = inverse_deviation(statistics.variance, epsilon);
  sums.beta.assign(inverse.size(), 0.0F);
  sums.gamma.assign(inverse.size(), 0.0F);
  HWY_DYNAMIC_DISPATCH(backward_any)
  (x, shape, stages, masks, statistics, inverse, dy, sums, alphas);
  sums.alpha = 0;
  for (const float channel : alphas) sums.alpha += channel;
}

void add_codes(const Fp16Code* addend, std::int64_t count, Fp16Code* sum) {
  HWY_DYNAMIC_DISPATCH(add_all)(addend, count, sum);
}

}  // namespace nibble
#endif  // HWY_ONCE
