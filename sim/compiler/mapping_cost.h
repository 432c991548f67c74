// What a mapping of a GEMM costs by closed forms, for rules and search to compare mappings by.
#pragma once

#include "sim/compiler/tiling.h"

namespace nibble {

/// Cycles of the slowest core, or of the bytes that the DMA moves, or that go round, whichever is
/// the most; and filling and emptying the first and last block. A bound, not a prediction.
/// Throws like tile_operation.
[[nodiscard]] Cycles estimated_cycles(const TilingContext& context, const GemmWork& work,
                                      const GemmMapping& mapping);

}  // namespace nibble
