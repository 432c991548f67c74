// What a stage's duration depends on, as a key: two stages with the same key take the same cycles,
// command by command, on the same chip, because a stage begins in the chip's canonical state and
// DRAM timing looks at rows being equal or not, never at their numbers.
#pragma once

#include "sim/command/key_stream.h"
#include "sim/command/program.h"

namespace nibble {

/// Of the stage's canonical form: commands numbered from the stage's first, scratchpad addresses
/// left out (tokens order the accesses), DRAM rows renamed by first use.
using StageKey = Key128;

/// `program` is one stage. `row_stripe_bytes`: the bytes that the same row number of all banks and
/// channels holds; addresses below it are kept as they are.
[[nodiscard]] StageKey stage_key(const Program& program, Bytes row_stripe_bytes);

}  // namespace nibble
