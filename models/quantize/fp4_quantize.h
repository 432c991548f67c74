// fp16 (or binary32) gradient to radix-4 FP4, NUMERICS section 3 [SUN 3.1, Fig. 2c].
// Thresholds on |x|: 0.625 * 4^n for n = -3..3 with the level above taken when |x| >= threshold
// (tie up) or |x| > threshold (tie down). fp4_odd(x) = fp4_even(2x), its value halved.
#pragma once

#include "models/formats/fp16.h"
#include "models/formats/fp4.h"

namespace nibble {

enum class Fp4Tie : std::uint8_t { up, down };

/// Code of x * 2^gradscale (multiplied exactly, before the quantiser). NaN-infinity saturates with
/// its sign bit; a zero of either sign is code 0, and so is anything below the first threshold.
[[nodiscard]] NibbleCode fp4_quantize(Fp16Code x, Fp4Phase phase, int gradscale = 0,
                                      Fp4Tie tie = Fp4Tie::up);

}  // namespace nibble
