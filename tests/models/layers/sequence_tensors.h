// What the tests of sequence_elementwise*.h share: random fp16 codes, their values, and gradients
// of a function in binary64 by central differences, an oracle that no derivation can spoil.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <vector>

#include "models/formats/fp16.h"

namespace nibble {

using Codes = std::vector<Fp16Code>;
using Values = std::vector<double>;

inline Codes random_codes(std::mt19937_64& random, std::int64_t count, double mean, double spread) {
  std::normal_distribution<double> normal(mean, spread);
  Codes codes(static_cast<std::size_t>(count));
  for (Fp16Code& code : codes) code = fp16_from_double(normal(random));
  return codes;
}

inline std::vector<float> random_floats(std::mt19937_64& random, std::int64_t count, double mean,
                                        double spread) {
  std::normal_distribution<double> normal(mean, spread);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = static_cast<float>(normal(random));
  return values;
}

inline Values values_of(const Codes& codes) {
  Values values;
  for (const Fp16Code code : codes) values.push_back(fp16_to_float(code));
  return values;
}

inline Values values_of(const std::vector<float>& floats) { return {floats.begin(), floats.end()}; }

/// Largest error of any element in units of what one rounding to fp16 may cost it, half a step,
/// plus `slack` times the largest wanted magnitude. At most 1 if all are right.
inline double worst_error(const Values& got, const Values& wanted, double slack) {
  if (got.size() != wanted.size()) return HUGE_VAL;
  double largest = 0, worst = 0;
  for (const double value : wanted) largest = std::max(largest, std::abs(value));
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double error = std::abs(got[i] - wanted[i]);
    if (!(error <= HUGE_VAL)) return HUGE_VAL;  // NaN
    worst = std::max(worst, error / (0x1p-10 * std::abs(wanted[i]) + slack * largest));
  }
  return worst;
}

inline double worst_error(const Codes& got, const Values& wanted, double slack) {
  return worst_error(values_of(got), wanted, slack);
}

/// Of binary32 sums, which are not rounded to fp16: largest error relative to the largest value.
inline double relative_error(const std::vector<float>& got, const Values& wanted) {
  double largest = 0, worst = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    largest = std::max(largest, std::abs(wanted[i]));
    worst = std::max(worst, std::abs(got[i] - wanted[i]));
  }
  return worst / largest;
}

/// d sum(weights * function(x)) / dx.
inline Values gradient_by_differences(const std::function<Values(const Values&)>& function,
                                      Values x, const Values& weights) {
  constexpr double kStep = 1e-5;
  const auto weighted = [&] {
    const Values y = function(x);
    double sum = 0;
    for (std::size_t i = 0; i < y.size(); ++i) sum += weights[i] * y[i];
    return sum;
  };
  Values gradient(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double kept = x[i];
    x[i] = kept + kStep;
    const double above = weighted();
    x[i] = kept - kStep;
    const double below = weighted();
    x[i] = kept;
    gradient[i] = (above - below) / (2 * kStep);
  }
  return gradient;
}

}  // namespace nibble
