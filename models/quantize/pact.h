// PACT activations to u4, NUMERICS section 3: code = min(15, floor(x*r + 1/2)) for x > 0 else 0,
// r = fp16(15 / alpha). The product of two fp16 numbers is exact. NaN-infinity: 15 if positive.
#pragma once

#include <cmath>
#include <cstddef>

#include "models/formats/fp16.h"
#include "models/formats/int4.h"

namespace nibble {

inline constexpr NibbleCode kPactMaxCode = 15;

/// r = fp16(15 / alpha). Precondition: alpha > 0 and finite (throws std::invalid_argument).
[[nodiscard]] Fp16Code pact_reciprocal(float alpha);

/// Any two codes: x negative or zero gives 0 (also -NaN-infinity), x = +NaN-infinity gives 15. For
/// finite positive x the product's sign decides in the same way: a negative reciprocal gives 0, a
/// NaN-infinity reciprocal gives 15 if its sign bit is clear, else 0.
[[nodiscard]] inline NibbleCode pact_quantize(Fp16Code x, Fp16Code reciprocal) {
  const bool positive = x != 0 && x < 0x8000;
  if (!positive) return 0;
  if (x == kFp16NanInfinity) return kPactMaxCode;
  if (fp16_is_nan_infinity(reciprocal)) return reciprocal < 0x8000 ? kPactMaxCode : 0;
  // Exact: two 10-bit significands make 20 bits. Adding 1/2 is exact too wherever it can matter,
  // because a product of at least 1/4 has no bit below 2^-21.
  const float product = fp16_to_float(x) * fp16_to_float(reciprocal);
  if (product >= 14.5F) return kPactMaxCode;
  return product > 0 ? static_cast<NibbleCode>(std::floor(product + 0.5F)) : 0;
}

/// pact_quantize of x[0..count). The arrays may not overlap.
void pact_quantize(const Fp16Code* x, std::size_t count, Fp16Code reciprocal, NibbleCode* codes);

}  // namespace nibble
