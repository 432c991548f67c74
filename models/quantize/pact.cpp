#include "models/quantize/pact.h"

#include <cmath>
#include <cstdint>
#include <stdexcept>

#include "models/formats/vector_clones.h"

namespace nibble {

Fp16Code pact_reciprocal(float alpha) {
  if (!(alpha > 0) || !std::isfinite(alpha)) {
    throw std::invalid_argument("PACT alpha must be positive and finite");
  }
  // The binary64 quotient is near enough: a quotient of two binary32 numbers that is no fp16
  // midpoint differs from every midpoint by more than 2^-40 of its size.
  return fp16_from_double(15.0 / static_cast<double>(alpha));
}

NIBBLE_VECTOR_CLONES
void pact_quantize(const Fp16Code* __restrict x, std::size_t count, Fp16Code reciprocal,
                   NibbleCode* __restrict codes) {
  const float r = fp16_to_float(reciprocal);
  for (std::size_t i = 0; i < count; ++i) {
    const float product = fp16_to_float(x[i]) * r;
    // Clamping first keeps the conversion in range and makes a NaN the largest code; what follows
    // is floor(x*r + 1/2), as truncation is above zero.
    const float capped = product < 15.0F ? product : 15.0F;
    // NOLINTNEXTLINE(bugprone-incorrect-roundings)
    const auto code = static_cast<std::int32_t>((capped > 0.0F ? capped : 0.0F) + 0.5F);
    // A negative NaN-infinity reciprocal is the one NaN that is code 0.
    const bool positive = x[i] != 0 && x[i] < 0x8000;
    const bool zero = !positive || (reciprocal == 0xFFFF && x[i] != kFp16NanInfinity);
    codes[i] = static_cast<NibbleCode>(zero ? 0 : code);
  }
}

}  // namespace nibble
