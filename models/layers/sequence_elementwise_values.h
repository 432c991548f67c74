// An fp16 code's value for the loops of sequence_elementwise*.cpp.
#pragma once

#include "models/formats/fp16.h"
#include "models/layers/sfu_functions.h"

namespace nibble {

/// fp16_to_float, with masks instead of conditionals: behind those the compiler makes a path of its
/// own for zeros through a whole SFU function, and a loop with two paths is not vectorised.
NIBBLE_SFU_INLINE float fp16_value(Fp16Code x) {
  constexpr std::int32_t kQuietNan = 0x7FC00000, kExponentStep = 127 - kFp16Bias;
  const std::int32_t magnitude = x & 0x7FFF;
  const std::int32_t bits = (magnitude << 14) + (kExponentStep << 23);
  const std::int32_t not_zero = -static_cast<std::int32_t>(magnitude != 0);
  const float number = sfu_from_bits(bits & not_zero);
  const float value = sfu_select(magnitude == kFp16NanInfinity, sfu_from_bits(kQuietNan), number);
  const std::int32_t sign = -static_cast<std::int32_t>(x >> 15) & (-0x7FFFFFFF - 1);
  return sfu_from_bits(sfu_bits(value) | sign);
}

}  // namespace nibble
