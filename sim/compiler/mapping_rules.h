// How a GEMM is laid over the cores where no mapping is given: the split with the least estimated
// cycles, computing and moving operands over the ring.
#pragma once

#include "sim/compiler/tiling.h"

namespace nibble {

/// The splits that an operation allows, the one that needs no ring first.
[[nodiscard]] std::vector<CoreSplit> possible_splits(const GemmWork& work);

[[nodiscard]] GemmMapping mapping_by_rule(const TilingContext& context, const GemmWork& work);

[[nodiscard]] const char* split_name(CoreSplit split);

}  // namespace nibble
