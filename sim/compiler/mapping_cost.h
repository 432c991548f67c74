// What a mapping of a GEMM costs by closed forms, for rules and search to compare mappings by.
#pragma once

#include "sim/compiler/tiling.h"

namespace nibble {

/// Cycles of the slowest core, or of the bytes that go through the memory or round the ring,
/// whichever is the most, and of filling and emptying the first and last block. What several cores
/// need at once counts once. A bound, not a prediction: memory and links are taken at their peak,
/// and nothing waits. Throws like tile_operation.
[[nodiscard]] Cycles estimated_cycles(const TilingContext& context, const GemmWork& work,
                                      const GemmMapping& mapping);

}  // namespace nibble
