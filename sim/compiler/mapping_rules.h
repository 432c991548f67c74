// How a GEMM is laid over the cores where no mapping is given: the split with the least estimated
// cycles, computing and moving operands over the ring.
#pragma once

#include <string>

#include "sim/compiler/tiling.h"

namespace nibble {

/// The splits that an operation allows, the one that needs no ring first.
[[nodiscard]] std::vector<CoreSplit> possible_splits(const GemmWork& work);

/// Each split with either operand held, and sizes of a block left open.
[[nodiscard]] std::vector<GemmMapping> plain_mappings(const TilingContext& context,
                                                      const GemmWork& work);

/// Throws BufferTooSmall if no mapping fits the stream buffer: how many bytes the best one is
/// short.
[[nodiscard]] GemmMapping mapping_by_rule(const TilingContext& context, const GemmWork& work);

[[nodiscard]] const char* split_name(CoreSplit split);

/// "split rows, hold stationary, blocks 256 x auto x auto".
[[nodiscard]] std::string mapping_text(const GemmMapping& mapping);

}  // namespace nibble
