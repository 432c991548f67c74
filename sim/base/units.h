// Units as named types; where a plain number must be, the name carries the unit (_pj, _mhz).
#pragma once

#include <cstdint>

namespace nibble {

/// Clock cycles of the chip.
using Cycles = std::int64_t;
/// Bytes of memory or traffic.
using Bytes = std::int64_t;

}  // namespace nibble
