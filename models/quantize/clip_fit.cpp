// By a histogram of fp16 codes: a candidate then costs one look at each different magnitude.
#include "models/quantize/clip_fit.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace nibble {

namespace {

constexpr int kCandidates = 41;
constexpr double kQuarterOctaves[] = {1, 0.8408964152537145, 0.7071067811865476,
                                      0.5946035575013605};
constexpr std::size_t kMagnitudes = 0x8000;

struct Magnitude {
  double value, count;
};

/// Those that the codes can hold, in growing order.
std::vector<Magnitude> magnitudes(const Fp16Code* x, std::size_t count, ClipCodes codes) {
  std::vector<std::uint32_t> counts(kMagnitudes);
  for (std::size_t i = 0; i < count; ++i) {
    const bool negative = x[i] >= kMagnitudes;
    if (!negative || codes == ClipCodes::s4) ++counts[x[i] % kMagnitudes];
  }
  std::vector<Magnitude> result;
  for (std::size_t code = 1; code < kFp16NanInfinity; ++code) {
    if (counts[code] == 0) continue;
    result.push_back(
        {fp16_to_float(static_cast<Fp16Code>(code)), static_cast<double>(counts[code])});
  }
  return result;
}

double squared_error(const std::vector<Magnitude>& all, double alpha, double highest) {
  const double step = alpha / highest;
  double sum = 0;
  for (const Magnitude& magnitude : all) {
    const double code = std::min(highest, std::floor(magnitude.value / step + 0.5));
    const double error = magnitude.value - code * step;
    sum += magnitude.count * error * error;
  }
  return sum;
}

}  // namespace

float fitted_alpha(const Fp16Code* x, std::size_t count, ClipCodes codes) {
  const std::vector<Magnitude> all = magnitudes(x, count, codes);
  if (all.empty()) return 0;
  const double highest = codes == ClipCodes::u4 ? 15 : 7;
  double least = std::numeric_limits<double>::infinity(), best = 0;
  for (int i = 0; i < kCandidates; ++i) {
    const double alpha = all.back().value * std::ldexp(kQuarterOctaves[i % 4], -(i / 4));
    const double error = squared_error(all, alpha, highest);
    if (error < least) {
      least = error;
      best = alpha;
    }
  }
  return static_cast<float>(best);
}

}  // namespace nibble
