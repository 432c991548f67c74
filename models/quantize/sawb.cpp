#include "models/quantize/sawb.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "models/formats/vector_clones.h"

namespace nibble {

SawbScale sawb_scale(const float* weights, std::size_t count,
                     const SawbCoefficients& coefficients) {
  double sum_of_squares = 0;
  double sum_of_magnitudes = 0;
  float largest = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double w = weights[i];
    sum_of_squares += w * w;
    sum_of_magnitudes += std::abs(w);
    largest = std::max(largest, std::abs(weights[i]));
  }
  SawbScale scale;
  if (count == 0 || sum_of_magnitudes == 0) return scale;
  const double mean_magnitude = sum_of_magnitudes / static_cast<double>(count);
  const double root_mean_square = std::sqrt(sum_of_squares / static_cast<double>(count));
  const double alpha = static_cast<double>(coefficients.c1) * root_mean_square +
                       static_cast<double>(coefficients.c2) * mean_magnitude;
  scale.alpha = alpha < mean_magnitude ? largest : static_cast<float>(alpha);
  scale.reciprocal = fp16_from_double(7.0 / static_cast<double>(scale.alpha));
  return scale;
}

NibbleCode sawb_quantize(float weight, Fp16Code reciprocal) {
  if (weight == 0) return 0;
  const float product = weight * fp16_to_float(reciprocal);
  if (std::isnan(product)) {
    const bool negative = std::signbit(weight) != ((reciprocal & 0x8000) != 0);
    return s4_code(negative ? -7 : 7);
  }
  // In binary64, because product + 1/2 need not fit binary32 (the number just below 1/2 would
  // become 1).
  const double clamped = std::clamp(static_cast<double>(product), -7.0, 7.0);
  return s4_code(static_cast<int>(std::floor(clamped + 0.5)));
}

NIBBLE_VECTOR_CLONES
void sawb_quantize(const float* __restrict weights, std::size_t count, Fp16Code reciprocal,
                   NibbleCode* __restrict codes) {
  const float r = fp16_to_float(reciprocal);
  const std::int32_t reciprocal_sign = (reciprocal & 0x8000) != 0 ? 1 : 0;
  for (std::size_t i = 0; i < count; ++i) {
    const float product = weights[i] * r;
    const float magnitude = std::fabs(product);
    const float capped = magnitude < 7.0F ? magnitude : 7.0F;  // a NaN saturates
    // Of magnitudes, floor(m + 1/2) above zero and ceil(m - 1/2) below: they differ at a tie only.
    const auto down = static_cast<std::int32_t>(capped);
    const float rest = capped - static_cast<float>(down);  // exact
    std::uint32_t bits;
    std::memcpy(&bits, &weights[i], sizeof bits);
    const bool negative = static_cast<std::int32_t>(bits >> 31) != reciprocal_sign;
    const bool up = negative ? rest > 0.5F : rest >= 0.5F;
    const std::int32_t level = weights[i] == 0.0F ? 0 : down + (up ? 1 : 0);
    codes[i] = s4_code(negative ? -level : level);
  }
}

}  // namespace nibble
