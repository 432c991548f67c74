#include "sim/compiler/gemm_cutter.h"

#include <algorithm>

#include "sim/compiler/chained_run.h"

namespace nibble {

GemmCutter::GemmCutter(const TilingContext& context, const GemmWork& work, const GemmPart& part,
                       const GemmMapping& mapping)
    : lowered_(part.lowered),
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
std::pair<bool, bool> GemmCutter::held_operands(int core, const GemmBlock& range) const {
  const bool prefer_streamed = mapping_.held == HeldOperand::streamed;
  const GemmBlock& part = parts_[static_cast<std::size_t>(core)];
  if (range.k_end - range.k_begin < part.k_end - part.k_begin) return {false, false};
  if (!reduces()) return {prefer_streamed, !prefer_streamed};
  const bool all_rows = range.m_end - range.m_begin == part.m_end - part.m_begin;
  const bool all_columns = range.n_end - range.n_begin == part.n_end - part.n_begin;
  if (all_rows || all_columns) return {all_rows, all_columns};
  return {prefer_streamed, !prefer_streamed};
}

Block GemmCutter::block(int core, const GemmBlock& range) const {
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
void GemmCutter::append(std::vector<Block>& blocks, int core, const GemmBlock& range) const {
  Block made = block(core, range);
  if (run_ == nullptr) return blocks.push_back(std::move(made));
  made.held.insert(made.held.end(), run_->held().begin(), run_->held().end());
  if (made.outputs.empty()) return blocks.push_back(std::move(made));
  Block run = run_->follow(made);
  blocks.push_back(std::move(made));
  blocks.push_back(std::move(run));
}

std::vector<Block> GemmCutter::first(int core, const BlockSizes& sizes) const {
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

std::vector<Block> GemmCutter::cut(int core, const GemmBlock& part, const BlockSizes& sizes) const {
  std::vector<Block> blocks;
  const auto steps = [](std::int64_t begin, std::int64_t end, std::int64_t size,
                        const auto& visit) {
    for (std::int64_t at = begin; at < end; at += size) visit(at, std::min(at + size, end));
  };
  steps(part.g_begin, part.g_end, sizes.groups, [&](std::int64_t g, std::int64_t g_end) {
    const auto inner = [&](std::int64_t m, std::int64_t m_end, std::int64_t n, std::int64_t n_end) {
      steps(part.k_begin, part.k_end, sizes.depth, [&](std::int64_t k, std::int64_t k_end) {
        append(blocks, core, {g, g_end, m, m_end, n, n_end, k, k_end});
      });
    };
    const auto rows = [&](const auto& visit) {
      steps(part.m_begin, part.m_end, sizes.rows, visit);
    };
    const auto columns = [&](const auto& visit) {
      steps(part.n_begin, part.n_end, sizes.columns, visit);
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

CoreBlocks GemmCutter::all(const BlockSizes& sizes) const {
  CoreBlocks blocks;
  for (const GemmBlock& part : parts_) {
    blocks.push_back(cut(static_cast<int>(blocks.size()), part, sizes));
  }
  return blocks;
}

}  // namespace nibble
