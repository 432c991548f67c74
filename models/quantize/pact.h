// PACT activations to u4, NUMERICS section 3: code = min(15, floor(x*r + 1/2)) for x > 0 else 0,
// r = fp16(15 / alpha). The product of two fp16 numbers is exact. NaN-infinity: 15 if positive.
#pragma once

#include "models/formats/fp16.h"
#include "models/formats/int4.h"

namespace nibble {

/// r = fp16(15 / alpha). Precondition: alpha > 0 and finite (throws std::invalid_argument).
[[nodiscard]] Fp16Code pact_reciprocal(float alpha);

[[nodiscard]] NibbleCode pact_quantize(Fp16Code x, Fp16Code reciprocal);

}  // namespace nibble
