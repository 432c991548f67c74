// The sizes of block that a GEMM may be cut into, those that are wanted most first, whatever the
// buffers can hold.
#pragma once

#include <vector>

#include "sim/command/tile_geometry.h"
#include "sim/compiler/gemm_footprint.h"
#include "sim/compiler/gemm_mapping.h"

namespace nibble {

/// ASSUMED: operations are cut into about this many blocks where buffers allow more, so that DMA,
/// array and SFU overlap while the cost of starting a command (fill and drain) stays small.
constexpr std::int64_t kBlocksAnOperation = 8;

struct BlockSizes {
  std::int64_t groups = 1, rows = 0, columns = 0, depth = 0;
};

/// Blocks with their reduction whole. `largest`: sizes (from 0) that no core's part of the GEMM
/// exceeds. Sizes that the mapping pins are not varied; none if it pins a part of the reduction.
[[nodiscard]] std::vector<BlockSizes> block_sizes(const LoweredGemm& lowered,
                                                  const GemmMapping& mapping,
                                                  const TileGeometry& geometry,
                                                  const GemmBlock& largest);

/// Blocks that can take their reduction in parts, as their sums fit in the accumulators: many rows
/// and few columns first, then ever fewer rows and more columns, as long as a block of columns is
/// loaded while the rows stream past the one before. `depth` is the whole reduction. None if the
/// mapping pins larger blocks.
[[nodiscard]] std::vector<BlockSizes> reduction_part_shapes(const GemmMapping& mapping,
                                                            const TileGeometry& geometry,
                                                            const GemmBlock& largest);

/// A block of that shape with its reduction in ever smaller parts, all of whole chunks. None if the
/// mapping pins parts that are not.
[[nodiscard]] std::vector<BlockSizes> reduction_parts(const BlockSizes& shape,
                                                      const GemmMapping& mapping,
                                                      const TileGeometry& geometry);

/// What is left to try where none of those fits: few rows, which only the operand that streams can
/// be cut into; of whole reductions first, then of single chunks.
[[nodiscard]] std::vector<BlockSizes> last_block_sizes(const LoweredGemm& lowered,
                                                       const GemmMapping& mapping,
                                                       const TileGeometry& geometry);

}  // namespace nibble
