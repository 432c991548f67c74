// What the times of a chip's stages depend on, as a key.
#pragma once

#include "sim/command/key_stream.h"
#include "sim/config/chip_config.h"

namespace nibble {

/// Chips with equal keys take the same cycles and make the same counts in the same stage. Names,
/// areas and energies are left out: they come after the cycles.
[[nodiscard]] Key128 chip_key(const ChipConfig& chip);

}  // namespace nibble
