// Units as named types; where a plain number must be, the name carries the unit (_pj, _mhz).
#pragma once

#include <cstdint>

namespace nibble {

/// Clock cycles of the chip.
using Cycles = std::int64_t;
/// Bytes of memory or traffic.
using Bytes = std::int64_t;

/// a / b rounded up; a >= 0, b > 0.
[[nodiscard]] constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

}  // namespace nibble
