#include "sim/compiler/chained_run.h"

#include <stdexcept>

namespace nibble {

ChainedRun::ChainedRun(const TilingContext& context, const SfuWork& run, const TensorSlice& result)
    : context_(context), run_(run), result_(result), whole_(whole_pieces(context.workload, run)) {}

/// The elements of the run that walk over the piece and nothing else.
ChainedRun::Range ChainedRun::elements_of(const Piece& piece) const {
  const Piece all = walked(context_.workload, result_, {0, run_.elements, run_.elements});
  const Bytes bytes = all.end - all.begin;
  const auto first_at = [&](Bytes at) { return ceil_div(at * run_.elements, bytes); };
  const Range range{first_at(piece.begin - all.begin), first_at(piece.end - all.begin)};
  const Piece back = walked(context_.workload, result_, {range.begin, range.end, run_.elements});
  if (!(back == piece)) {
    throw CannotChain("a block of results ends amid an element of the run that reads it");
  }
  return range;
}

Block ChainedRun::follow(Block& gemm) const {
  gemm.passed = std::move(gemm.outputs);
  gemm.outputs.clear();
  Block block;
  block.held = gemm.held;
  block.unread_held = gemm.held.size() - whole_.size();
  block.takes_passed = true;
  SfuCommand command{run_.steps, 0, total_bytes(whole_) + total_bytes(gemm.passed)};
  const auto append = [&](std::vector<Piece>& pieces, const TensorSlice& slice, const Range& at) {
    const Piece piece = walked(context_.workload, slice, {at.begin, at.end, run_.elements});
    if (piece.begin == piece.end) return;
    command.port_bytes += piece.end - piece.begin;
    pieces.push_back(piece);
  };
  for (const Piece& piece : gemm.passed) {
    const Range at = elements_of(piece);
    command.elements += at.end - at.begin;
    for (const TensorSlice& input : run_.inputs) {
      if (!(input == result_)) append(block.inputs, input, at);
    }
    for (const TensorSlice& output : run_.outputs) {
      if (!context_.sharing.replicated(output.tensor)) append(block.outputs, output, at);
    }
  }
  block.body = command;
  return block;
}

void ChainedRun::add_sums(std::vector<CoreBlocks>& parts) const {
  for (std::size_t core = 0; core < parts.front().size(); ++core) {
    std::vector<Block*> blocks;
    std::int64_t all = 0;
    for (CoreBlocks& part : parts) {
      for (Block& block : part[core]) {
        if (!block.takes_passed) continue;
        blocks.push_back(&block);
        all += std::get<SfuCommand>(block.body).elements;
      }
    }
    std::int64_t done = 0;
    for (Block* block : blocks) {
      auto& command = std::get<SfuCommand>(block->body);
      for (const TensorSlice& output : run_.outputs) {
        if (!context_.sharing.replicated(output.tensor)) continue;
        const Piece piece = walked(context_.workload, output, {done, done + command.elements, all});
        if (piece.begin == piece.end) continue;
        command.port_bytes += piece.end - piece.begin;
        block->outputs.push_back(piece);
      }
      done += command.elements;
    }
  }
}

}  // namespace nibble
