#include "models/quantize/gradient_correction.h"

#include <array>
#include <cmath>

namespace nibble {
namespace {

constexpr std::size_t kSums = 16;

struct Sums {
  std::array<double, kSums> sum{};
  [[nodiscard]] double total() const {
    double all = 0;
    for (const double part : sum) all += part;
    return all;
  }
};

std::array<float, 16> code_values(GradientGrid grid) {
  std::array<float, 16> values{};
  for (std::size_t code = 0; code < values.size(); ++code) {
    const int units = gradient_units(grid, static_cast<NibbleCode>(code));
    values[code] = std::ldexp(static_cast<float>(units), gradient_levels(grid).unit_exponent);
  }
  return values;
}

}  // namespace

float gradient_correction(GradientCorrection correction, GradientGrid grid, const Fp16Code* x,
                          std::size_t count, float factor, const NibbleCode* codes) {
  if (correction == GradientCorrection::none) return 1.0F;
  const std::array<float, 16> values = code_values(grid);
  const bool magnitude = correction == GradientCorrection::magnitude;
  Sums wanted, found;
  for (std::size_t i = 0; i < count; ++i) {
    const double y = static_cast<double>(fp16_to_float(x[i]) * factor);
    const double q = static_cast<double>(values[codes[i] & 0xF]);
    wanted.sum[i % kSums] += magnitude ? std::fabs(y) : y * y;
    found.sum[i % kSums] += magnitude ? std::fabs(q) : y * q;
  }
  const auto quotient = static_cast<float>(wanted.total() / found.total());
  return std::isfinite(quotient) && quotient != 0 ? quotient : 1.0F;
}

}  // namespace nibble
