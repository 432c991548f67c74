// The tiling of GEMMs.
#include "sim/compiler/tiling.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <stdexcept>

#include <fmt/format.h>

#include "sim/compiler/block_sizes.h"
#include "sim/compiler/chained_run.h"

namespace nibble {
namespace {

constexpr Bytes kSumBytes = 2;  // of an element of a GEMM's result

/// Tiling of one lowered GEMM; the members are what every step below needs.
class GemmTiler {
 public:
  GemmTiler(const TilingContext& context, const GemmWork& work, const GemmPart& part,
            const GemmMapping& mapping);

  /// Blocks of the first candidate that fits on every core.
  [[nodiscard]] CoreBlocks tile() const;

 private:
  [[nodiscard]] std::optional<CoreBlocks> first_that_fits(
      const std::vector<BlockSizes>& candidates) const;
  [[nodiscard]] std::optional<BlockSizes> cheapest_part_shape() const;
  [[nodiscard]] Bytes fetched_without_holding(const BlockSizes& sizes) const;
  [[noreturn]] void refuse(const std::vector<BlockSizes>& candidates) const;
  [[nodiscard]] CoreBlocks all_blocks(const BlockSizes& sizes) const;
  [[nodiscard]] std::vector<Block> blocks_of(int core, const GemmBlock& part,
                                             const BlockSizes& sizes) const;
  [[nodiscard]] std::pair<bool, bool> held_operands(int core, const GemmBlock& range) const;
  [[nodiscard]] Block block(int core, const GemmBlock& range) const;
  void append(std::vector<Block>& blocks, int core, const GemmBlock& range) const;
  [[nodiscard]] std::vector<Block> first_blocks(int core, const BlockSizes& sizes) const;
  [[nodiscard]] bool refused_by_one_look(const BlockSizes& sizes) const;
  [[nodiscard]] Bytes first_needed(const BlockSizes& sizes) const;
  [[nodiscard]] Bytes first_needed(const BlockSizes& sizes, int core) const;
  [[nodiscard]] Bytes most_needed(const BlockSizes& sizes) const;
  [[nodiscard]] Bytes needed(const CoreBlocks& blocks) const;
  [[nodiscard]] Bytes needed(const std::vector<Block>& blocks, int core) const;
  [[nodiscard]] bool reduces() const { return lowered_.pass == GemmPass::wgrad; }

  const TilingContext& context_;
  const LoweredGemm& lowered_;
  GemmMapping mapping_;
  GemmFootprint footprint_;
  GemmArray array_;
  const ChainedRun* run_;
  TileCommand command_;
  std::vector<GemmBlock> parts_;  // by core
  GemmBlock largest_;             // sizes (from 0) that no core's part exceeds
};

GemmTiler::GemmTiler(const TilingContext& context, const GemmWork& work, const GemmPart& part,
                     const GemmMapping& mapping)
    : context_(context),
      lowered_(part.lowered),
      mapping_(mapping),
      footprint_(context.workload, context.sharing, work, part.lowered, part.result_bases),
      array_(array_for(context.target, work.precision)),
      run_(part.run) {
  command_.gemm = part.index;
  command_.precision = work.precision;
  command_.arithmetic = work.arithmetic;
  command_.arithmetic.chunk_len = array_.geometry.lanes;
  command_.shape = lowered_.shape;
  largest_.g_end = 0;
  for (int core = 0; core < context.sharing.cores(); ++core) {
    const GemmBlock at = core_part(context, work, lowered_, mapping.split, core);
    largest_.g_end = std::max(largest_.g_end, at.g_end - at.g_begin);
    largest_.m_end = std::max(largest_.m_end, at.m_end - at.m_begin);
    largest_.n_end = std::max(largest_.n_end, at.n_end - at.n_begin);
    largest_.k_end = std::max(largest_.k_end, at.k_end - at.k_begin);
    parts_.push_back(at);
  }
}

/// Whether the streamed and the stationary operand stay for the blocks that follow.
std::pair<bool, bool> GemmTiler::held_operands(int core, const GemmBlock& range) const {
  const bool prefer_streamed = mapping_.held == HeldOperand::streamed;
  const GemmBlock& part = parts_[static_cast<std::size_t>(core)];
  if (range.k_end - range.k_begin < part.k_end - part.k_begin) return {false, false};
  if (!reduces()) return {prefer_streamed, !prefer_streamed};
  const bool all_rows = range.m_end - range.m_begin == part.m_end - part.m_begin;
  const bool all_columns = range.n_end - range.n_begin == part.n_end - part.n_begin;
  if (all_rows || all_columns) return {all_rows, all_columns};
  return {prefer_streamed, !prefer_streamed};
}

Block GemmTiler::block(int core, const GemmBlock& range) const {
  Block block;
  block.unit = array_.unit;
  const auto [hold_streamed, hold_stationary] = held_operands(core, range);
  const auto place = [&block](std::vector<Piece> pieces, bool hold) {
    std::vector<Piece>& list = hold ? block.held : block.inputs;
    list.insert(list.end(), pieces.begin(), pieces.end());
  };
  place(footprint_.streamed(range), hold_streamed);
  place(footprint_.stationary(range), hold_stationary);

  TileCommand command = command_;
  std::int64_t k_offset = 0;
  if (mapping_.split == CoreSplit::depth) {
    const GemmBlock& part = parts_[static_cast<std::size_t>(core)];
    k_offset = part.k_begin;
    command.gemm += static_cast<std::uint32_t>(core);
    command.shape.k = part.k_end - part.k_begin;
    block.partial_sums = true;
  }
  command.g_begin = range.g_begin;
  command.g_end = range.g_end;
  command.m_begin = range.m_begin;
  command.m_end = range.m_end;
  command.n_begin = range.n_begin;
  command.n_end = range.n_end;
  command.k_begin = range.k_begin - k_offset;
  command.k_end = range.k_end - k_offset;
  if (command.k_end == command.shape.k) block.outputs = footprint_.result(range);
  block.body = command;
  return block;
}

/// The block, and what the run that reads the result does with it.
void GemmTiler::append(std::vector<Block>& blocks, int core, const GemmBlock& range) const {
  Block made = block(core, range);
  if (run_ == nullptr) return blocks.push_back(std::move(made));
  made.held.insert(made.held.end(), run_->held().begin(), run_->held().end());
  if (made.outputs.empty()) return blocks.push_back(std::move(made));
  Block run = run_->follow(made);
  blocks.push_back(std::move(made));
  blocks.push_back(std::move(run));
}

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

std::vector<Block> GemmTiler::first_blocks(int core, const BlockSizes& sizes) const {
  const GemmBlock& part = parts_[static_cast<std::size_t>(core)];
  const auto end = [](std::int64_t begin, std::int64_t size, std::int64_t last) {
    return std::min(begin + size, last);
  };
  std::vector<Block> blocks;
  append(blocks, core,
         {part.g_begin, end(part.g_begin, sizes.groups, part.g_end), part.m_begin,
          end(part.m_begin, sizes.rows, part.m_end), part.n_begin,
          end(part.n_begin, sizes.columns, part.n_end), part.k_begin,
          end(part.k_begin, sizes.depth, part.k_end)});
  return blocks;
}

std::vector<Block> GemmTiler::blocks_of(int core, const GemmBlock& part,
                                        const BlockSizes& sizes) const {
  std::vector<Block> blocks;
  const auto cut = [](std::int64_t begin, std::int64_t end, std::int64_t size, const auto& visit) {
    for (std::int64_t at = begin; at < end; at += size) visit(at, std::min(at + size, end));
  };
  cut(part.g_begin, part.g_end, sizes.groups, [&](std::int64_t g, std::int64_t g_end) {
    const auto inner = [&](std::int64_t m, std::int64_t m_end, std::int64_t n, std::int64_t n_end) {
      cut(part.k_begin, part.k_end, sizes.depth, [&](std::int64_t k, std::int64_t k_end) {
        append(blocks, core, {g, g_end, m, m_end, n, n_end, k, k_end});
      });
    };
    const auto rows = [&](const auto& visit) { cut(part.m_begin, part.m_end, sizes.rows, visit); };
    const auto columns = [&](const auto& visit) {
      cut(part.n_begin, part.n_end, sizes.columns, visit);
    };
    if (mapping_.held == HeldOperand::streamed) {
      rows([&](std::int64_t m, std::int64_t m_end) {
        columns([&](std::int64_t n, std::int64_t n_end) { inner(m, m_end, n, n_end); });
      });
    } else {
      columns([&](std::int64_t n, std::int64_t n_end) {
        rows([&](std::int64_t m, std::int64_t m_end) { inner(m, m_end, n, n_end); });
      });
    }
  });
  return blocks;
}

CoreBlocks GemmTiler::tile() const {
  const TileGeometry& geometry = array_.geometry;
  std::vector<BlockSizes> tried;
  std::optional<CoreBlocks> blocks;
  const auto try_all = [&](const std::vector<BlockSizes>& candidates) {
    if (!blocks) blocks = first_that_fits(candidates);
    tried.insert(tried.end(), candidates.begin(), candidates.end());
  };
  try_all(block_sizes(lowered_, mapping_, geometry, largest_));
  if (!blocks) {
    if (const std::optional<BlockSizes> shape = cheapest_part_shape()) {
      try_all(reduction_parts(*shape, mapping_, geometry));
    }
  }
  if (!blocks && run_ != nullptr) {  // smaller blocks than these would not be worth chaining
    throw std::invalid_argument("the run does not fit beside the GEMM");
  }
  if (!blocks) try_all(last_block_sizes(lowered_, mapping_, geometry));
  if (!blocks) refuse(tried);
  return *std::move(blocks);
}

std::optional<CoreBlocks> GemmTiler::first_that_fits(
    const std::vector<BlockSizes>& candidates) const {
  for (const BlockSizes& sizes : candidates) {
    if (refused_by_one_look(sizes)) continue;
    CoreBlocks blocks = all_blocks(sizes);
    if (needed(blocks) <= context_.target.stream_buffer_bytes) return blocks;
  }
  return std::nullopt;
}

/// Of the blocks that can take their reduction in parts, those that fetch the fewest bytes: nothing
/// is held for the block after, so shapes decide how often operands are fetched.
std::optional<BlockSizes> GemmTiler::cheapest_part_shape() const {
  std::optional<BlockSizes> cheapest;
  Bytes fewest = std::numeric_limits<Bytes>::max();
  for (const BlockSizes& shape : reduction_part_shapes(mapping_, array_.geometry, largest_)) {
    const Bytes bytes = fetched_without_holding(shape);
    if (bytes >= fewest) continue;
    fewest = bytes;
    cheapest = shape;
  }
  return cheapest;
}

/// By the core with the first part: each block of rows is fetched once for each block of columns,
/// and the other way round.
Bytes GemmTiler::fetched_without_holding(const BlockSizes& sizes) const {
  const auto found = std::find_if_not(parts_.begin(), parts_.end(), empty);
  const GemmBlock part = *found;
  const int core = static_cast<int>(found - parts_.begin());
  Bytes streamed = 0, stationary = 0;
  for (GemmBlock block = part; block.m_begin < part.m_end; block.m_begin += sizes.rows) {
    block.m_end = std::min(block.m_begin + sizes.rows, part.m_end);
    streamed += stream_bytes(context_, footprint_.streamed(block), core);
  }
  for (GemmBlock block = part; block.n_begin < part.n_end; block.n_begin += sizes.columns) {
    block.n_end = std::min(block.n_begin + sizes.columns, part.n_end);
    stationary += stream_bytes(context_, footprint_.stationary(block), core);
  }
  return streamed * ceil_div(part.n_end - part.n_begin, sizes.columns) +
         stationary * ceil_div(part.m_end - part.m_begin, sizes.rows);
}

/// Names the bytes of the candidate that needs the fewest.
void GemmTiler::refuse(const std::vector<BlockSizes>& candidates) const {
  if (candidates.empty()) {
    throw std::invalid_argument(fmt::format(
        "no block has these sizes: a part of a reduction has at most {} rows and {} columns, and "
        "its depth is a multiple of {}",
        array_.geometry.acc_rows, array_.geometry.cols * array_.geometry.tiles,
        array_.geometry.lanes));
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
    GemmBlock part = parts_[static_cast<std::size_t>(core)];
    if (empty(part)) continue;
    std::int64_t budget = 100'000;
    const auto take = [&](std::int64_t begin, std::int64_t& end, std::int64_t size) {
      end = std::min(end, begin + std::max<std::int64_t>(1, budget) * size);
      budget /= ceil_div(end - begin, size);
    };
    budget /= ceil_div(part.k_end - part.k_begin, sizes.depth);
    if (reduces()) take(part.n_begin, part.n_end, sizes.columns);
    take(part.m_begin, part.m_end, sizes.rows);
    if (!reduces()) take(part.n_begin, part.n_end, sizes.columns);
    take(part.g_begin, part.g_end, sizes.groups);
    most = std::max(most, needed(blocks_of(core, part, sizes), core));
  }
  return most;
}

CoreBlocks GemmTiler::all_blocks(const BlockSizes& sizes) const {
  CoreBlocks blocks;
  for (int core = 0; core < context_.sharing.cores(); ++core) {
    blocks.push_back(blocks_of(core, parts_[static_cast<std::size_t>(core)], sizes));
  }
  return blocks;
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
  if (empty(parts_[static_cast<std::size_t>(core)])) return 0;
  return needed(first_blocks(core, sizes), core);
}

/// As most candidates are.
bool GemmTiler::refused_by_one_look(const BlockSizes& sizes) const {
  for (int core = 0; core < context_.sharing.cores(); ++core) {
    if (first_needed(sizes, core) > context_.target.stream_buffer_bytes) return true;
  }
  return false;
}

}  // namespace

Bytes stream_bytes(const TilingContext& context, const Piece& piece, int core) {
  const Placement& place = context.placement.of[static_cast<std::size_t>(piece.tensor)];
  if (!place.resident_in(context.stage)) return piece.end - piece.begin;
  if (context.sharing.cores() == 1 || context.sharing.replicated(piece.tensor)) return 0;
  Bytes bytes = 0;
  for (const Sharing::Segment& segment :
       context.sharing.owners(piece.tensor, piece.begin, piece.end)) {
    if (segment.core != core) bytes += segment.end - segment.begin;
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
  return GemmTiler(context, work, part, mapping).tile();
}

}  // namespace nibble
