// Arrays of fp16 codes: scaled, quantised to FP4; and fp16 numbers held as binary32, where an fp16
// value is exact and NaN-infinity travels as a quiet NaN. These loops vectorise; fp16.h is the
// scalar definition they are tested against.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "models/formats/fp16.h"
#include "models/formats/fp4.h"

namespace nibble {

/// fp16(x) as a binary32 value: fp16_to_float(fp16_from_float(x)) in fewer steps. Adding half a
/// unit to the magnitude and cutting rounds to nearest, ties away from zero, because a carry out of
/// the mantissa is a carry into the exponent. Infinity and NaN lie above the largest finite
/// pattern, so one comparison catches every overflow.
[[nodiscard]] inline float fp16_rounded(float x) {
  constexpr std::uint32_t kMagnitude = 0x7FFFFFFF, kQuietNan = 0x7FC00000;
  // binary32 has 14 more mantissa bits than fp16 and an exponent bias that is 96 larger.
  constexpr std::uint32_t kHalfUnit = 1U << 13, kKeptBits = ~((1U << 14) - 1);
  constexpr std::uint32_t kZeroPattern = (127U - kFp16Bias) << 23;
  constexpr std::uint32_t kLargestPattern =
      (std::uint32_t{kFp16LargestFinite} << 14) + kZeroPattern;
  std::uint32_t bits = 0;
  std::memcpy(&bits, &x, sizeof bits);
  const std::uint32_t magnitude = ((bits & kMagnitude) + kHalfUnit) & kKeptBits;
  bits = magnitude | (bits & ~kMagnitude);
  bits = magnitude <= kZeroPattern ? 0 : bits;
  bits = magnitude > kLargestPattern ? kQuietNan : bits;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

/// y = fp16(value(accumulator) * scale), codes to codes; in place too.
void scale_codes(const Fp16Code* accumulators, std::size_t count, float scale, Fp16Code* y);

/// Code of the largest |x|, 0 of none; NaN-infinity if there is one.
[[nodiscard]] Fp16Code max_magnitude_code(const Fp16Code* x, std::size_t count);

/// Where the FP4 codes of a tensor's two phases go, and its GradScale.
struct Fp4Phases {
  int gradscale = 0;
  NibbleCode* even = nullptr;
  NibbleCode* odd = nullptr;
};

/// fp4_quantize (tie up) of each code in both phases at once; returns max_magnitude_code.
Fp16Code fp4_quantize_codes(const Fp16Code* x, std::size_t count, int gradscale, NibbleCode* even,
                            NibbleCode* odd);

}  // namespace nibble
