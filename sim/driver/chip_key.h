// What the times of a chip's stages depend on, as a key.
#pragma once

#include "sim/command/key_stream.h"
#include "sim/command/program.h"
#include "sim/config/chip_config.h"

namespace nibble {

/// Arrays that a stage has commands for.
struct UsedArrays {
  bool tile = false, fp16_tile = false;
};
[[nodiscard]] UsedArrays used_arrays(const Program& stage);

/// Chips with equal keys take the same cycles and make the same counts in the same stage, if that
/// uses no other arrays. Left out are names, areas and energies, which come after the cycles, and
/// the scratchpad: what its size decides is in the commands.
[[nodiscard]] Key128 chip_key(const ChipConfig& chip, const UsedArrays& used);

}  // namespace nibble
