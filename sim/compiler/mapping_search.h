// The mappings of a GEMM beside the rule's, by closed-form cost: splits over the cores, the operand
// that is held, sizes of a block. What an estimate is worth, a simulation says; see
// sim/driver/step_simulation.h.
#pragma once

#include "sim/compiler/tiling.h"

namespace nibble {

/// The `count` mappings with the least estimated cycles, best first, without the rule's own.
/// Mappings that do not fit the buffers are not among them.
[[nodiscard]] std::vector<GemmMapping> ranked_mappings(const TilingContext& context,
                                                       const GemmWork& work, int count);

}  // namespace nibble
