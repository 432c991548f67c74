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

/// The share part / all of `whole`, rounded down, without overflow as long as all x part fits.
[[nodiscard]] constexpr std::int64_t proportion(std::int64_t whole, std::int64_t part,
                                                std::int64_t all) {
  return whole / all * part + whole % all * part / all;
}

}  // namespace nibble
