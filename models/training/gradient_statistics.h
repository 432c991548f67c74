// What rounding a gradient to radix-4 FP4 does to it, in numbers [SUN Fig. 2, 5a, 6a; FACTS 1, 2].
// Everything here is binary64 beside the training's own arithmetic, so that rounding to FP4 is the
// only error that is seen. `gradscale` is the exponent by which dY is multiplied before it is
// rounded (quantize/fp4_quantize.h); results are for dY as it came, scaled back.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/formats/fp16.h"
#include "models/layers/conv_lowering.h"

namespace nibble {

/// How often each of the 65,536 fp16 codes occurs: all that statistics of single elements need.
using CodeCounts = std::vector<std::int64_t>;
[[nodiscard]] CodeCounts count_codes(const std::vector<Fp16Code>& dy);

/// Shares of the elements, 0 to 1.
struct LevelShares {
  std::array<double, 16> even{};  // by fp4 code, formats/fp4.h; code 0 is zero
  double exact_zeros = 0, odd_zeros = 0;
  double even_clipped = 0, odd_clipped = 0;  // above the highest level, 64 and 32
};
[[nodiscard]] LevelShares level_shares(const CodeCounts& counts, int gradscale);

/// Squared error of rounding relative to the squares rounded, if the level 4^n is taken from
/// 4^n / divisor: 1.6 is FP4's even phase. Below the first threshold is zero, 64 is the highest.
[[nodiscard]] double threshold_error(const CodeCounts& counts, int gradscale, double divisor);

/// dY as it is and as each phase holds it.
struct GradientValues {
  std::vector<double> exact, even, odd;
};
[[nodiscard]] GradientValues gradient_values(const std::vector<Fp16Code>& dy, int gradscale);

/// Mean square less squared mean.
[[nodiscard]] double variance(const std::vector<double>& values);

/// dW [K,R,S,C/G] of X [N,H,W,C] and dY [N,P,Q,K].
[[nodiscard]] std::vector<double> weight_gradient(const ConvShape& conv,
                                                  const std::vector<double>& x,
                                                  const std::vector<double>& dy);

/// Sum of |x * dy| over all products that dW sums.
[[nodiscard]] double product_magnitudes(const ConvShape& conv, const std::vector<double>& x,
                                        const std::vector<double>& dy);

/// A weight gradient from rounded dY against the one from exact dY; `magnitudes` is
/// product_magnitudes() of the latter.
struct WeightGradientBias {
  double length = 0;     // <dWq, dW> / <dW, dW>
  double cosine = 0;     // of the angle between the two
  double mean = 0;       // of x * q_error over all products, relative to the mean of |x * dy|
  double mean_size = 0;  // the same with the magnitude of each weight's sum: signs do not cancel
};
[[nodiscard]] WeightGradientBias weight_gradient_bias(const std::vector<double>& exact,
                                                      const std::vector<double>& rounded,
                                                      double magnitudes);

/// Each channel's mean of [pixels, channels] divided by its deviation: zero where the layer behind
/// is a batch norm, but for rounding. Channels without deviation have 0.
[[nodiscard]] std::vector<double> mean_shifts(const std::vector<double>& values,
                                              std::int64_t channels);

[[nodiscard]] double root_mean_square(const std::vector<double>& values);
/// Of the angle between two vectors; 0 if one of them is zero.
[[nodiscard]] double cosine(const std::vector<double>& left, const std::vector<double>& right);

}  // namespace nibble
