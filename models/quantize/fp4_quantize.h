// fp16 gradient to radix-4 FP4, NUMERICS section 3 [SUN 3.1, Fig. 2c].
// Thresholds on |x|: 0.625 * 4^n for n = -3..3 with the level above taken when |x| >= threshold
// (tie up) or |x| > threshold (tie down). fp4_odd(x) = fp4_even(2x), its value halved.
#pragma once

#include <cstddef>
#include <cstdint>

#include "models/formats/fp16.h"
#include "models/formats/fp4.h"

namespace nibble {

enum class Fp4Tie : std::uint8_t { up, down };

/// Code of x * 2^gradscale (multiplied exactly, before the quantiser). NaN-infinity saturates with
/// its sign bit; a zero of either sign is code 0, and so is anything below the first threshold.
[[nodiscard]] constexpr NibbleCode fp4_quantize(Fp16Code x, Fp4Phase phase, int gradscale = 0,
                                                Fp4Tie tie = Fp4Tie::up) {
  // Beyond +-100 every x is past the last threshold or below the first; the bound keeps the sum
  // below from overflowing.
  const int scale = gradscale < -100 ? -100 : (gradscale > 100 ? 100 : gradscale);
  const int magnitude = x & 0x7FFF;
  // The thresholds are 1.25 * 2^t, t = -7, -5 .. 5, and 1.25 is mantissa 128. Adding 512 - 128 (one
  // less for "strictly above") carries into the exponent exactly when the mantissa reaches it, so
  // the sum's exponent field minus one is the largest t with 1.25 * 2^t <= |x|, biased.
  const int reached = (magnitude + (tie == Fp4Tie::up ? 384 : 383)) >> kFp16MantissaBits;
  const int t = reached - 1 - kFp16Bias + scale + (phase == Fp4Phase::odd ? 1 : 0);
  int level = (t + 9) >> 1;  // t = -7 is code 1, every second t one code more
  level = level < 0 ? 0 : level;
  level = level > 7 ? 7 : level;
  level = magnitude == 0x7FFF ? 7 : level;
  level = magnitude == 0 ? 0 : level;
  const int sign = level == 0 ? 0 : (x >> 12) & 0x8;
  return static_cast<NibbleCode>(sign | level);
}

/// fp4_quantize of x[0..count) in both phases in one pass. Returns the largest magnitude of x, a
/// code without its sign bit (kFp16NanInfinity if there is one), which GradScale votes with. The
/// arrays may not overlap.
Fp16Code fp4_quantize_phases(const Fp16Code* x, std::size_t count, int gradscale, NibbleCode* even,
                             NibbleCode* odd, Fp4Tie tie = Fp4Tie::up);

}  // namespace nibble
