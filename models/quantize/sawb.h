// SAWB weights to s4 (-7..7), NUMERICS section 3: alpha = c1*sqrt(E[w^2]) + c2*E|w|, one w*r
// product in binary32, code = clamp(floor(w*r + 1/2), -7, 7).
#pragma once

#include <cstddef>

#include "models/formats/fp16.h"
#include "models/formats/int4.h"

namespace nibble {

struct SawbCoefficients {
  float c1 = 12.035F;  // of sqrt(E[w^2]), IBM's published code for codes -7..7 [FACTS 4]
  float c2 = -12.03F;  // of E|w|
};

struct SawbScale {
  float alpha = 0;          // 0 for an all-zero tensor
  Fp16Code reciprocal = 0;  // r = fp16(7 / alpha); 0 for an all-zero tensor
};

/// Statistics are summed in binary64 in index order; alpha is computed in binary64 and stored as
/// binary32. If alpha < E|w| then alpha = max|w|. A NaN or infinite weight gives alpha = NaN and
/// r = NaN-infinity; an empty tensor counts as all-zero.
[[nodiscard]] SawbScale sawb_scale(const float* weights, std::size_t count,
                                   const SawbCoefficients& coefficients = {});

/// The s4 code, -7..7. NaN or infinity, in the weight or the product, saturates with the product's
/// sign bit; a zero of either sign is code 0 whatever the reciprocal.
[[nodiscard]] NibbleCode sawb_quantize(float weight, Fp16Code reciprocal);

/// sawb_quantize of weights[0..count). The arrays may not overlap.
void sawb_quantize(const float* weights, std::size_t count, Fp16Code reciprocal, NibbleCode* codes);

}  // namespace nibble
