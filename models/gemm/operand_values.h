// What a 4-bit code of each operand format is worth, as an exact integer. For fp4 the integer is
// in units of 2^u, u = chunk_exponent. Source: NUMERICS sections 1 and 2.
#pragma once

#include "models/formats/fp4.h"
#include "models/formats/int4.h"
#include "models/gemm/gemm.h"

namespace nibble {

[[nodiscard]] constexpr int stream_value(StreamFormat format, NibbleCode code) {
  if (format == StreamFormat::u4) return u4_value(code);
  if (format == StreamFormat::s4) return s4_value(code);
  return fp4_units(code);
}

[[nodiscard]] constexpr int stationary_value(StationaryFormat format, NibbleCode code) {
  return format == StationaryFormat::u4 ? u4_value(code) : s4_value(code);
}

}  // namespace nibble
