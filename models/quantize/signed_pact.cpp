#include "models/quantize/signed_pact.h"

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

NIBBLE_VECTOR_CLONES
void signed_pact_quantize(const Fp16Code* __restrict x, std::size_t count, Fp16Code reciprocal,
                          NibbleCode* __restrict codes) {
  constexpr auto kMost = static_cast<float>(kSignedPactMaxCode);
  const float r = fp16_to_float(reciprocal);
  for (std::size_t i = 0; i < count; ++i) {
    const float product = fp16_to_float(x[i]) * r;
    const float most = (x[i] ^ reciprocal) < 0x8000 ? kMost : -kMost;  // where a NaN goes
    const float capped = std::fabs(product) < kMost ? product : most;
    // The sum is exact wherever it could reach the next integer: a product has 20 bits.
    const float shifted = capped + 0.5F;
    const auto towards_zero = static_cast<std::int32_t>(shifted);
    const std::int32_t level = towards_zero - (static_cast<float>(towards_zero) > shifted ? 1 : 0);
    codes[i] = s4_code((x[i] & 0x7FFF) == 0 ? 0 : level);
  }
}

}  // namespace nibble
