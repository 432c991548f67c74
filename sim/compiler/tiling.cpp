// The tiling of GEMMs.
#include "sim/compiler/tiling.h"

#include <algorithm>
#include <limits>
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

  /// The first of the candidates that fits on every core.
  [[nodiscard]] CoreBlocks tile() const;

 private:
  [[nodiscard]] std::vector<Block> core_blocks(int core, const BlockSizes& sizes) const;
  [[nodiscard]] std::pair<bool, bool> held_operands(int core, const GemmBlock& range) const;
  [[nodiscard]] Block block(int core, const GemmBlock& range) const;
  void append(std::vector<Block>& blocks, int core, const GemmBlock& range) const;
  [[nodiscard]] std::vector<Block> first_blocks(int core, const BlockSizes& sizes) const;
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

std::vector<Block> GemmTiler::core_blocks(int core, const BlockSizes& sizes) const {
  const GemmBlock& part = parts_[static_cast<std::size_t>(core)];
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
  const Bytes buffer = context_.target.stream_buffer_bytes;
  Bytes smallest = std::numeric_limits<Bytes>::max();
  for (const BlockSizes& sizes : block_sizes(lowered_, mapping_, array_.geometry, largest_)) {
    CoreBlocks blocks;
    Bytes most = 0;
    for (int core = 0; core < context_.sharing.cores() && most <= buffer; ++core) {
      if (empty(parts_[static_cast<std::size_t>(core)])) {
        blocks.emplace_back();
        continue;
      }
      most = std::max(most, needed(first_blocks(core, sizes), core));
      if (most > buffer) break;  // most candidates are refused by one look
      blocks.push_back(core_blocks(core, sizes));
      most = std::max(most, needed(blocks.back(), core));
    }
    if (most <= buffer) return blocks;
    smallest = std::min(smallest, most);
  }
  throw std::invalid_argument(
      fmt::format("the smallest tile needs {} bytes of stream buffer, it has {}, allowed a larger "
                  "scratchpad.stream_buffer_kib or a smaller batch",
                  smallest, buffer));
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

GemmArray array_for(const CompilerTarget& target, TilePrecision precision) {
  const bool small = precision != TilePrecision::nibble4 && target.fp16_tile;
  const TileGeometry geometry = (small ? *target.fp16_tile : target.tile).running(precision);
  if (geometry.precision != precision) {
    throw std::invalid_argument(fmt::format(
        "the layer is kept in {} and the chip has no array for it, allowed a chip with fp16_tile "
        "or precision int4_fp4",
        precision == TilePrecision::fp8 ? "fp8" : "fp16"));
  }
  return {small ? Unit::fp16_tile : Unit::tile, geometry};
}

GemmBlock core_part(const TilingContext& context, const GemmWork& work, const LoweredGemm& lowered,
                    CoreSplit split, int core) {
  const TileGeometry geometry = array_for(context.target, work.precision).geometry;
  GemmBlock part = whole_gemm(lowered);
  const int cores = context.sharing.cores();
  // Cuts a dimension at multiples of `unit` if that leaves no core without work.
  const auto cut = [&](std::int64_t& begin, std::int64_t& end, std::int64_t unit) {
    const std::int64_t size = end;
    const std::int64_t units = ceil_div(size, unit);
    const std::int64_t step = units >= cores ? unit : 1;
    const std::int64_t steps = ceil_div(size, step);
    begin = std::min(size, steps * core / cores * step);
    end = std::min(size, steps * (core + 1) / cores * step);
  };
  switch (split) {
    case CoreSplit::rows:
      cut(part.m_begin, part.m_end, 1);
      break;
    case CoreSplit::columns:
      cut(part.n_begin, part.n_end, static_cast<std::int64_t>(geometry.cols) * geometry.tiles);
      break;
    case CoreSplit::groups:
      cut(part.g_begin, part.g_end, 1);
      break;
    case CoreSplit::depth: {
      // Cores cut the reduction at chunks: the sums of a part begin with a whole one.
      const std::int64_t chunks = ceil_div(part.k_end, geometry.lanes);
      const std::int64_t size = part.k_end;
      part.k_begin = std::min(size, chunks * core / cores * geometry.lanes);
      part.k_end = std::min(size, chunks * (core + 1) / cores * geometry.lanes);
      break;
    }
  }
  return part;
}

CoreBlocks tile_gemm(const TilingContext& context, const GemmWork& work, const GemmPart& part,
                     const GemmMapping& mapping) {
  return GemmTiler(context, work, part, mapping).tile();
}

}  // namespace nibble
