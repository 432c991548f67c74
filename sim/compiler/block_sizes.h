// The sizes of block that a GEMM may be cut into, those that are wanted most first, whatever the
// buffers can hold.
#pragma once

#include <vector>

#include "sim/command/tile_geometry.h"
#include "sim/compiler/gemm_footprint.h"
#include "sim/compiler/gemm_mapping.h"

namespace nibble {

struct BlockSizes {
  std::int64_t groups = 1, rows = 0, columns = 0, depth = 0;
};

/// `largest`: sizes (from 0) that no core's part of the GEMM exceeds. Sizes that the mapping pins
/// are not varied. None if no block can have them: a part of a reduction leaves its sums in the
/// accumulators, so it has no more rows and columns than these and ends with a whole chunk.
[[nodiscard]] std::vector<BlockSizes> block_sizes(const LoweredGemm& lowered,
                                                  const GemmMapping& mapping,
                                                  const TileGeometry& geometry,
                                                  const GemmBlock& largest);

/// What is left to try where none of those fits: few rows, which only the operand that streams can
/// be cut into; of whole reductions first, then of single chunks.
[[nodiscard]] std::vector<BlockSizes> last_block_sizes(const LoweredGemm& lowered,
                                                       const GemmMapping& mapping,
                                                       const TileGeometry& geometry);

}  // namespace nibble
