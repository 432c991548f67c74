#include "models/quantize/signed_pact.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <stdexcept>

#include "models/formats/vector_clones.h"
#include "models/quantize/sawb.h"

namespace nibble {

Fp16Code signed_pact_reciprocal(float alpha) {
  if (!(alpha > 0) || !std::isfinite(alpha)) {
    throw std::invalid_argument("PACT alpha must be positive and finite");
  }
  return fp16_from_double(static_cast<double>(kSignedPactMaxCode) / static_cast<double>(alpha));
}

NibbleCode signed_pact_quantize(Fp16Code x, Fp16Code reciprocal) {
  return sawb_quantize(fp16_to_float(x), reciprocal);
}

namespace {

/// Returns the largest magnitude code. Where NaN-infinity is an operand the codes are wrong.
NIBBLE_VECTOR_CLONES
Fp16Code quantize_finite(const Fp16Code* __restrict x, std::size_t count, float reciprocal,
                         NibbleCode* __restrict codes) {
  constexpr auto kMost = static_cast<float>(kSignedPactMaxCode);
  // A product has 20 bits. From 1/4 on it is a whole number of these, below its code is 0 anyway.
  constexpr int kFraction = 21;
  std::int32_t largest = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int32_t magnitude = x[i] & 0x7FFF;
    largest = std::max(largest, magnitude);
    const float product = fp16_to_float(x[i]) * reciprocal;
    const float below = product < kMost ? product : kMost;
    const float capped = below > -kMost ? below : -kMost;
    const auto units = static_cast<std::int32_t>(capped * (1 << kFraction));
    codes[i] = s4_code((units + (1 << (kFraction - 1))) >> kFraction);
  }
  return static_cast<Fp16Code>(largest);
}

}  // namespace

void signed_pact_quantize(const Fp16Code* x, std::size_t count, Fp16Code reciprocal,
                          NibbleCode* codes) {
  const Fp16Code largest = quantize_finite(x, count, fp16_to_float(reciprocal), codes);
  if (largest < kFp16NanInfinity && !fp16_is_nan_infinity(reciprocal)) return;
  for (std::size_t i = 0; i < count; ++i) codes[i] = signed_pact_quantize(x[i], reciprocal);
}

}  // namespace nibble
