// The tiling of GEMMs.
#include "sim/compiler/tiling.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <stdexcept>

#include <fmt/format.h>

#include "sim/compiler/chained_run.h"
#include "sim/compiler/gemm_cutter.h"

namespace nibble {
namespace {

constexpr Bytes kSumBytes = 2;  // of an element of a GEMM's result

/// Finds the sizes of block at which a GEMM fits the stream buffers.
class GemmTiler {
 public:
  GemmTiler(const TilingContext& context, const GemmCutter& gemm)
      : context_(context), gemm_(gemm) {}

  /// Blocks of the first candidate that fits on every core.
  [[nodiscard]] CoreBlocks tile() const;

 private:
  [[nodiscard]] std::optional<CoreBlocks> first_that_fits(
      const std::vector<BlockSizes>& candidates) const;
  [[nodiscard]] std::vector<BlockSizes> part_shapes() const;
  [[nodiscard]] Bytes fetched_without_holding(const BlockSizes& sizes) const;
  [[noreturn]] void refuse(const std::vector<BlockSizes>& candidates) const;
  [[nodiscard]] bool refused_by_one_look(const BlockSizes& sizes) const;
  [[nodiscard]] Bytes first_needed(const BlockSizes& sizes) const;
  [[nodiscard]] Bytes first_needed(const BlockSizes& sizes, int core) const;
  [[nodiscard]] Bytes most_needed(const BlockSizes& sizes) const;
  [[nodiscard]] Bytes needed(const CoreBlocks& blocks) const;
  [[nodiscard]] Bytes needed(const std::vector<Block>& blocks, int core) const;

  const TilingContext& context_;
  const GemmCutter& gemm_;
};

Bytes GemmTiler::needed(const std::vector<Block>& blocks, int core) const {
  Bytes slot = 0;
  Bytes most = 0;
  Bytes held = 0;
  for (const Block& each : blocks) {
    Bytes outputs = stream_bytes(context_, each.outputs, core);
    if (each.partial_sums) {
      // Its part of the sums, and of the share that it adds up the parts of all others and the sum.
      const Bytes part = total_bytes(each.outputs);
      const std::int64_t cores = context_.sharing.cores();
      outputs = part + cores * ceil_div(part / kSumBytes, cores) * kSumBytes;
    }
    // A block of the run that reads the result shares the slot of the block that passes it.
    if (!each.takes_passed) slot = 0;
    slot += stream_bytes(context_, each.inputs, core) + outputs + total_bytes(each.passed);
    most = std::max(most, slot);
    held = std::max(held, stream_bytes(context_, each.held, core));
  }
  return held + 2 * most;
}

CoreBlocks GemmTiler::tile() const {
  const TileGeometry& geometry = gemm_.geometry();
  std::vector<BlockSizes> tried;
  std::optional<CoreBlocks> blocks;
  const auto try_all = [&](const std::vector<BlockSizes>& candidates) {
    if (!blocks) blocks = first_that_fits(candidates);
    tried.insert(tried.end(), candidates.begin(), candidates.end());
  };
  try_all(block_sizes(gemm_.lowered(), gemm_.mapping(), geometry, gemm_.largest()));
  if (!blocks) {
    for (const BlockSizes& shape : part_shapes()) {
      if (!blocks) try_all(reduction_parts(shape, gemm_.mapping(), geometry));
    }
  }
  if (!blocks && gemm_.chained()) {  // smaller blocks than these would not be worth chaining
    throw CannotChain("the run does not fit beside the GEMM");
  }
  if (!blocks) try_all(last_block_sizes(gemm_.lowered(), gemm_.mapping(), geometry));
  if (!blocks) refuse(tried);
  return *std::move(blocks);
}

std::optional<CoreBlocks> GemmTiler::first_that_fits(
    const std::vector<BlockSizes>& candidates) const {
  for (const BlockSizes& sizes : candidates) {
    if (refused_by_one_look(sizes)) continue;
    CoreBlocks blocks = gemm_.all(sizes);
    if (needed(blocks) <= context_.target.stream_buffer_bytes) return blocks;
  }
  return std::nullopt;
}

/// The blocks that can take their reduction in parts, those first that fetch the fewest bytes:
/// nothing is held for the block after, so shapes decide how often operands are fetched.
std::vector<BlockSizes> GemmTiler::part_shapes() const {
  std::vector<std::pair<Bytes, BlockSizes>> shapes;
  for (const BlockSizes& shape :
       reduction_part_shapes(gemm_.mapping(), gemm_.geometry(), gemm_.largest())) {
    shapes.emplace_back(fetched_without_holding(shape), shape);
  }
  std::stable_sort(shapes.begin(), shapes.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<BlockSizes> sorted;
  sorted.reserve(shapes.size());
  for (const auto& [bytes, shape] : shapes) sorted.push_back(shape);
  return sorted;
}

/// By the core with the first part: each block of rows is fetched once for each block of columns,
/// and the other way round.
Bytes GemmTiler::fetched_without_holding(const BlockSizes& sizes) const {
  const auto found = std::find_if_not(gemm_.parts().begin(), gemm_.parts().end(), empty);
  const GemmBlock part = *found;
  const int core = static_cast<int>(found - gemm_.parts().begin());
  Bytes streamed = 0, stationary = 0;
  for (GemmBlock block = part; block.m_begin < part.m_end; block.m_begin += sizes.rows) {
    block.m_end = std::min(block.m_begin + sizes.rows, part.m_end);
    streamed += stream_bytes(context_, gemm_.footprint().streamed(block), core);
  }
  for (GemmBlock block = part; block.n_begin < part.n_end; block.n_begin += sizes.columns) {
    block.n_end = std::min(block.n_begin + sizes.columns, part.n_end);
    stationary += stream_bytes(context_, gemm_.footprint().stationary(block), core);
  }
  return streamed * ceil_div(part.n_end - part.n_begin, sizes.columns) +
         stationary * ceil_div(part.m_end - part.m_begin, sizes.rows);
}

/// Names the bytes of the candidate that needs the fewest.
void GemmTiler::refuse(const std::vector<BlockSizes>& candidates) const {
  if (candidates.empty()) {
    throw ImpossibleBlock(fmt::format(
        "no block has these sizes: the rows of a part of a reduction, times its blocks of {} "
        "columns, are at most {}, and its depth is a multiple of {}",
        gemm_.geometry().columns(), gemm_.geometry().acc_rows, gemm_.geometry().lanes));
  }
  Bytes fewest = std::numeric_limits<Bytes>::max();
  for (const BlockSizes& sizes : candidates) {
    if (first_needed(sizes) < fewest) fewest = std::min(fewest, most_needed(sizes));
  }
  throw BufferTooSmall(fmt::format("the smallest tile needs {} bytes of stream buffer, it has {}",
                                   fewest, context_.target.stream_buffer_bytes),
                       fewest);
}

/// Of the blocks, or of so many that the halos of a whole image, its last reduction and the bytes
/// amid which blocks meet are among them: it is for a message, and there may be millions.
Bytes GemmTiler::most_needed(const BlockSizes& sizes) const {
  Bytes most = 0;
  for (int core = 0; core < context_.sharing.cores(); ++core) {
    GemmBlock part = gemm_.parts()[static_cast<std::size_t>(core)];
    if (empty(part)) continue;
    std::int64_t budget = 100'000;
    const auto take = [&](std::int64_t begin, std::int64_t& end, std::int64_t size) {
      end = std::min(end, begin + std::max<std::int64_t>(1, budget) * size);
      budget /= ceil_div(end - begin, size);
    };
    budget /= ceil_div(part.k_end - part.k_begin, sizes.depth);
    if (gemm_.reduces()) take(part.n_begin, part.n_end, sizes.columns);
    take(part.m_begin, part.m_end, sizes.rows);
    if (!gemm_.reduces()) take(part.n_begin, part.n_end, sizes.columns);
    take(part.g_begin, part.g_end, sizes.groups);
    most = std::max(most, needed(gemm_.cut(core, part, sizes), core));
  }
  return most;
}

/// Of the core that needs most.
Bytes GemmTiler::needed(const CoreBlocks& blocks) const {
  Bytes most = 0;
  for (std::size_t core = 0; core < blocks.size(); ++core) {
    most = std::max(most, needed(blocks[core], static_cast<int>(core)));
  }
  return most;
}

/// Of the first block of the core that needs most.
Bytes GemmTiler::first_needed(const BlockSizes& sizes) const {
  Bytes most = 0;
  for (int core = 0; core < context_.sharing.cores(); ++core) {
    most = std::max(most, first_needed(sizes, core));
  }
  return most;
}

Bytes GemmTiler::first_needed(const BlockSizes& sizes, int core) const {
  if (empty(gemm_.parts()[static_cast<std::size_t>(core)])) return 0;
  return needed(gemm_.first(core, sizes), core);
}

/// As most candidates are.
bool GemmTiler::refused_by_one_look(const BlockSizes& sizes) const {
  for (int core = 0; core < context_.sharing.cores(); ++core) {
    if (first_needed(sizes, core) > context_.target.stream_buffer_bytes) return true;
  }
  return false;
}

}  // namespace

bool finds_held(const std::vector<Block>& blocks, std::size_t index) {
  return index > 0 && blocks[index].held == blocks[index - 1].held;
}

Bytes stream_bytes(const TilingContext& context, const Piece& piece, int core) {
  const Placement& place = context.placement.of[static_cast<std::size_t>(piece.tensor)];
  if (!place.resident_in(context.stage)) return piece.bytes();
  if (context.sharing.cores() == 1 || context.sharing.replicated(piece.tensor)) return 0;
  Bytes bytes = 0;
  for (const Sharing::Segment& segment :
       context.sharing.owners(piece.tensor, piece.begin, piece.end)) {
    if (segment.core != core) bytes += part_of(piece, segment.begin, segment.end).bytes();
  }
  return bytes;
}

Bytes stream_bytes(const TilingContext& context, const std::vector<Piece>& pieces, int core) {
  Bytes bytes = 0;
  for (const Piece& piece : pieces) bytes += stream_bytes(context, piece, core);
  return bytes;
}

CoreBlocks tile_gemm(const TilingContext& context, const GemmWork& work, const GemmPart& part,
                     const GemmMapping& mapping) {
  return GemmTiler(context, GemmCutter(context, work, part, mapping)).tile();
}

}  // namespace nibble
