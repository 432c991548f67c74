// The DRAM traffic that no scratchpad, however large, could avoid.
#pragma once

#include "sim/compiler/sharing.h"

namespace nibble {

/// Each tensor that outlives the step crosses the pins once in if it is read, and once out if it is
/// changed; rows that a stride skips are not read.
[[nodiscard]] Bytes compulsory_bytes(const Workload& workload, const Sharing& sharing);

}  // namespace nibble
