// Signed PACT to s4, NUMERICS section 3: code = clamp(floor(x*r + 1/2), -7, 7), r = fp16(7 /
// alpha), for activations that can be negative. The product of two fp16 numbers is exact. Zeros,
// NaN-infinity and odd reciprocals as with SAWB (sawb.h).
#pragma once

#include <cstddef>

#include "models/formats/fp16.h"
#include "models/formats/int4.h"

namespace nibble {

inline constexpr int kSignedPactMaxCode = 7;

/// r = fp16(7 / alpha). Precondition: alpha > 0 and finite (throws std::invalid_argument).
[[nodiscard]] Fp16Code signed_pact_reciprocal(float alpha);

[[nodiscard]] NibbleCode signed_pact_quantize(Fp16Code x, Fp16Code reciprocal);

/// Of x[0..count). The arrays may not overlap.
void signed_pact_quantize(const Fp16Code* x, std::size_t count, Fp16Code reciprocal,
                          NibbleCode* codes);

}  // namespace nibble
