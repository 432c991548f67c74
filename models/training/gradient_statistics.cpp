#include "models/training/gradient_statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "models/quantize/fp4_quantize.h"

namespace nibble {
namespace {

constexpr std::size_t kFp16Codes = 65536;
constexpr int kLowestLevel = -3, kHighestLevel = 3;  // 4^n

double value_of(std::size_t code) { return fp16_to_float(static_cast<Fp16Code>(code)); }

/// What FP4 makes of an fp16 code, scaled back.
double rounded_value(std::size_t code, Fp4Phase phase, int gradscale) {
  const NibbleCode rounded = fp4_quantize(static_cast<Fp16Code>(code), phase, gradscale);
  return std::ldexp(fp4_units(rounded), fp4_unit_exponent(phase) - gradscale);
}

double inner_product(const std::vector<double>& left, const std::vector<double>& right) {
  return std::inner_product(left.begin(), left.end(), right.begin(), 0.0);
}

/// Sums of magnitudes [pixels, groups] of [pixels, channels].
std::vector<double> group_magnitudes(const std::vector<double>& values, std::int64_t channels,
                                     std::int64_t groups) {
  const auto each = static_cast<std::size_t>(channels / groups);
  std::vector<double> sums(values.size() / each);
  for (std::size_t i = 0; i < values.size(); ++i) sums[i / each] += std::fabs(values[i]);
  return sums;
}

/// Adds one tap of one pixel: dW[k][r][s][c] += dy[k] * x[c], in each group.
void add_tap(const ConvShape& conv, const double* x, const double* dy, double* dw_tap) {
  const std::int64_t inputs = conv.c / conv.groups, outputs = conv.k / conv.groups;
  for (std::int64_t k = 0; k < conv.k; ++k) {
    const double gradient = dy[k];
    if (gradient == 0) continue;
    const double* from = x + k / outputs * inputs;
    double* to = dw_tap + k * conv.r * conv.s * inputs;
    for (std::int64_t c = 0; c < inputs; ++c) to[c] += gradient * from[c];
  }
}

}  // namespace

CodeCounts count_codes(const std::vector<Fp16Code>& dy) {
  CodeCounts counts(kFp16Codes);
  for (const Fp16Code code : dy) ++counts[code];
  return counts;
}

LevelShares level_shares(const CodeCounts& counts, int gradscale) {
  LevelShares shares;
  const double all =
      static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::int64_t{0}));
  for (std::size_t code = 0; code < kFp16Codes; ++code) {
    if (counts[code] == 0) continue;
    const double share = static_cast<double>(counts[code]) / all;
    const auto fp16 = static_cast<Fp16Code>(code);
    const double magnitude = std::fabs(std::ldexp(value_of(code), gradscale));
    shares.even[fp4_quantize(fp16, Fp4Phase::even, gradscale)] += share;
    if (magnitude == 0) shares.exact_zeros += share;
    if (fp4_quantize(fp16, Fp4Phase::odd, gradscale) == 0) shares.odd_zeros += share;
    if (magnitude > 64) shares.even_clipped += share;
    if (magnitude > 32) shares.odd_clipped += share;
  }
  return shares;
}

double threshold_error(const CodeCounts& counts, int gradscale, double divisor) {
  double errors = 0, squares = 0;
  for (std::size_t code = 0; code < kFp16Codes; ++code) {
    if (counts[code] == 0) continue;
    const double magnitude = std::fabs(std::ldexp(value_of(code), gradscale));
    double level = 0;
    for (int n = kLowestLevel; n <= kHighestLevel; ++n) {
      const double candidate = std::ldexp(1.0, 2 * n);
      if (magnitude >= candidate / divisor) level = candidate;
    }
    const auto count = static_cast<double>(counts[code]);
    errors += count * (level - magnitude) * (level - magnitude);
    squares += count * magnitude * magnitude;
  }
  return errors / squares;
}

GradientValues gradient_values(const std::vector<Fp16Code>& dy, int gradscale) {
  GradientValues table, values;
  for (std::size_t code = 0; code < kFp16Codes; ++code) {
    table.exact.push_back(value_of(code));
    table.even.push_back(rounded_value(code, Fp4Phase::even, gradscale));
    table.odd.push_back(rounded_value(code, Fp4Phase::odd, gradscale));
  }
  const auto look_up = [&](const std::vector<double>& from, std::vector<double>& to) {
    to.resize(dy.size());
    std::transform(dy.begin(), dy.end(), to.begin(), [&](Fp16Code code) { return from[code]; });
  };
  look_up(table.exact, values.exact);
  look_up(table.even, values.even);
  look_up(table.odd, values.odd);
  return values;
}

double variance(const std::vector<double>& values) {
  const auto count = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  return inner_product(values, values) / count - mean * mean;
}

std::vector<double> weight_gradient(const ConvShape& conv, const std::vector<double>& x,
                                    const std::vector<double>& dy) {
  const std::int64_t inputs = conv.c / conv.groups, p_end = conv.p(), q_end = conv.q();
  std::vector<double> dw(static_cast<std::size_t>(conv.k * conv.r * conv.s * inputs));
  for (std::int64_t pixel = 0; pixel < conv.n * p_end * q_end; ++pixel) {
    const std::int64_t n = pixel / (p_end * q_end);
    const std::int64_t p = pixel / q_end % p_end, q = pixel % q_end;
    for (std::int64_t tap = 0; tap < conv.r * conv.s; ++tap) {
      const std::int64_t h = p * conv.stride - conv.padding + tap / conv.s;
      const std::int64_t w = q * conv.stride - conv.padding + tap % conv.s;
      if (h < 0 || h >= conv.h || w < 0 || w >= conv.w) continue;
      add_tap(conv, x.data() + ((n * conv.h + h) * conv.w + w) * conv.c, dy.data() + pixel * conv.k,
              dw.data() + tap * inputs);
    }
  }
  return dw;
}

/// The sum of |x| * |dy| over a group's channels is the product of two sums: a convolution of one
/// channel a group.
double product_magnitudes(const ConvShape& conv, const std::vector<double>& x,
                          const std::vector<double>& dy) {
  ConvShape narrow = conv;
  narrow.c = narrow.k = conv.groups;
  const std::vector<double> sums = weight_gradient(narrow, group_magnitudes(x, conv.c, conv.groups),
                                                   group_magnitudes(dy, conv.k, conv.groups));
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

WeightGradientBias weight_gradient_bias(const std::vector<double>& exact,
                                        const std::vector<double>& rounded, double magnitudes) {
  WeightGradientBias bias;
  bias.length = inner_product(rounded, exact) / inner_product(exact, exact);
  bias.cosine = cosine(rounded, exact);
  for (std::size_t i = 0; i < exact.size(); ++i) {
    bias.mean += (rounded[i] - exact[i]) / magnitudes;
    bias.mean_size += std::fabs(rounded[i] - exact[i]) / magnitudes;
  }
  return bias;
}

std::vector<double> mean_shifts(const std::vector<double>& values, std::int64_t channels) {
  const auto count = static_cast<std::size_t>(channels);
  const std::size_t rows = values.size() / count;
  const auto pixels = static_cast<double>(rows);
  std::vector<double> sums(count), squares(count), shifts(count);
  for (std::size_t i = 0; i < values.size(); ++i) {
    sums[i % count] += values[i];
    squares[i % count] += values[i] * values[i];
  }
  for (std::size_t c = 0; c < count; ++c) {
    const double mean = sums[c] / pixels, spread = squares[c] / pixels - mean * mean;
    shifts[c] = spread > 0 ? mean / std::sqrt(spread) : 0;
  }
  return shifts;
}

double root_mean_square(const std::vector<double>& values) {
  return std::sqrt(inner_product(values, values) / static_cast<double>(values.size()));
}

double cosine(const std::vector<double>& left, const std::vector<double>& right) {
  const double lengths = std::sqrt(inner_product(left, left) * inner_product(right, right));
  return lengths > 0 ? inner_product(left, right) / lengths : 0;
}

}  // namespace nibble
