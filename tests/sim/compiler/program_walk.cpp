#include "tests/sim/compiler/program_walk.h"

#include <algorithm>

#include <fmt/format.h>

namespace nibble::test {

ProgramWalk::ProgramWalk(const Workload& workload, const CompilerTarget& target,
                         const Program& program, const std::vector<CoreSplit>& splits)
    : workload_(workload),
      target_(target),
      program_(program),
      sharing_(workload, target.cores),
      placement_(place_tensors(workload, sharing_, target.stream_buffer_bytes,
                               target.scratchpad_bytes,
                               {target.dram_stripe_bytes, target.dram_stripes_a_row})),
      order_(program),
      dram_("DRAM", program, order_),
      transfers_(program, placement_, scratchpads_, dram_),
      progress_(workload, sharing_, placement_, splits, program),
      passed_(static_cast<std::size_t>(target.cores)) {
  for (int core = 0; core < target.cores; ++core) {
    scratchpads_.emplace_back(fmt::format("scratchpad {}", core), program, order_);
  }
  for (std::size_t i = 0; i < workload.tensors.size(); ++i) {
    if (!workload.tensors[i].persistent) continue;
    for (Bytes byte = 0; byte < workload.tensors[i].bytes(); ++byte) {
      dram_.put(placement_.of[i].dram_address + static_cast<std::uint64_t>(byte),
                {static_cast<int>(i), 0, byte, Tag::kTotal});
    }
  }
}

void ProgramWalk::check_ranges(std::uint32_t command) const {
  const Command& at = program_.commands[command];
  const bool moves = at.unit == Unit::ring || at.unit == Unit::dma_load;
  for (const ScratchpadRange& range : at.scratchpad) {
    if (range.begin < 0 || range.begin > range.end || range.end > target_.scratchpad_bytes) {
      fail(command, "leaves the scratchpad");
    }
    if (range.core < 0 || range.core >= target_.cores) fail(command, "uses a core too many");
    if (!moves && range.core != at.core) fail(command, "reaches into another core");
  }
}

void ProgramWalk::check() {
  if (has_forward_token(program_)) throw ProgramFault("a token points forwards");
  for (std::uint32_t i = 0; i < program_.commands.size(); ++i) {
    const Command& command = program_.commands[i];
    check_ranges(i);
    switch (command.unit) {
      case Unit::sequencer:
        makers_.clear();  // nobody after the fence overtakes them
        break;
      case Unit::ring:
        transfers_.ring(i);
        break;
      case Unit::link:
        check_link(i, std::get<LinkTransfer>(command.body));
        break;
      case Unit::dma_load:
        transfers_.load(i);
        break;
      case Unit::dma_store:
        transfers_.store(i);
        break;
      case Unit::tile:
      case Unit::fp16_tile:
        check_gemm(i, std::get<TileCommand>(command.body));
        break;
      case Unit::sfu:
        check_sfu(i, std::get<SfuCommand>(command.body));
        break;
    }
  }
  check_end();
}

void ProgramWalk::advance() {
  const auto* work = std::get_if<SfuWork>(&operation().work);
  const bool updates = work != nullptr && std::find(work->steps.begin(), work->steps.end(),
                                                    SfuStep::sgd_update) != work->steps.end();
  const Bytes wanted = updates && target_.workers > 1 ? 2 * work->elements : 0;
  progress_.advance();
  if (exchanged_ != wanted) throw ProgramFault("other gradients are exchanged than are applied");
  exchanges_.clear();
  exchanged_ = 0;
}

/// All that the command's read ranges hold.
void ProgramWalk::look(std::uint32_t command) {
  seen_.clear();
  for (const ScratchpadRange& range : program_.commands[command].scratchpad) {
    for (Bytes at = range.begin; !range.write && at < range.end; ++at) {
      seen_.push_back(scratchpad(command).read(static_cast<std::uint64_t>(at), command));
    }
  }
}

/// Which bytes of the slice the command has seen as the operation before left them.
std::vector<bool> ProgramWalk::seen_of(const TensorSlice& slice) const {
  const Bytes begin = progress_.slice_begin(slice);
  const Bytes end = progress_.slice_end(slice);
  std::vector<bool> found(static_cast<std::size_t>(end - begin), false);
  for (const Tag& tag : seen_) {
    if (tag.tensor != slice.tensor || tag.byte < begin || tag.byte >= end) continue;
    if (tag.part == Tag::kTotal && tag.version == progress_.version(tag.tensor, tag.byte)) {
      found[static_cast<std::size_t>(tag.byte - begin)] = true;
    }
  }
  return found;
}

void ProgramWalk::need(std::uint32_t command, const TensorSlice& slice, Bytes begin, Bytes end) {
  const std::vector<bool> found = seen_of(slice);
  for (Bytes byte = begin; byte < end; ++byte) {
    if (found[static_cast<std::size_t>(byte - progress_.slice_begin(slice))]) continue;
    fail(command, fmt::format("misses byte {} of {}", byte, tensor(slice.tensor).name));
  }
}

void ProgramWalk::need(std::uint32_t command, const TensorSlice& slice, const Touched& touched) {
  const Bytes missing = missing_byte(touched, tensor(slice.tensor).bits, seen_of(slice));
  if (missing < 0) return;
  fail(command, fmt::format("misses byte {} of a slice of {}{}", missing, tensor(slice.tensor).name,
                            touched.sliced ? " (or another)" : ""));
}

/// The command writes the outputs into its write ranges, one after the other.
void ProgramWalk::put(std::uint32_t command, const std::vector<Output>& outputs) {
  std::vector<Bytes> addresses;
  for (const ScratchpadRange& range : program_.commands[command].scratchpad) {
    for (Bytes at = range.begin; range.write && at < range.end; ++at) addresses.push_back(at);
  }
  std::size_t next = 0;
  for (const auto& [piece, part] : outputs) {
    if (part == Tag::kTotal) makers_.emplace_back(piece, command);
    for (Bytes byte = piece.begin; byte < piece.end; ++byte) {
      if (next == addresses.size()) fail(command, "does not write all its outputs");
      const int version = progress_.version(piece.tensor, byte) + 1;
      scratchpad(command).write(static_cast<std::uint64_t>(addresses[next++]),
                                {piece.tensor, version, byte, part}, command);
      if (part == Tag::kTotal) progress_.wrote(piece.tensor, byte);
    }
  }
  if (next != addresses.size()) fail(command, "writes more than its outputs");
}

void ProgramWalk::check_gemm(std::uint32_t command, const TileCommand& tile) {
  const GemmEntry& gemm = progress_.gemm(tile.gemm);
  while (gemm.operation != progress_.operation()) {
    if (progress_.at_end()) fail(command, "belongs to an operation that is done");
    advance();
  }
  const auto& work = std::get<GemmWork>(operation().work);
  const bool small = work.precision != TilePrecision::nibble4 && target_.fp16_tile;
  if (program_.commands[command].unit != (small ? Unit::fp16_tile : Unit::tile)) {
    fail(command, "runs on the wrong array");
  }
  const GemmBlock block{tile.g_begin,
                        tile.g_end,
                        tile.m_begin,
                        tile.m_end,
                        tile.n_begin,
                        tile.n_end,
                        tile.k_begin + gemm.k_begin,
                        tile.k_end + gemm.k_begin};
  if (block.k_end > gemm.k_end) fail(command, "goes beyond its part of the reduction");
  look(command);
  need(command, work.streamed, touched_streamed(gemm.lowered, block));
  need(command, work.stationary, touched_stationary(gemm.lowered, block));
  progress_.add_macs((block.g_end - block.g_begin) * (block.m_end - block.m_begin) *
                     (block.n_end - block.n_begin) * (block.k_end - block.k_begin));
  std::vector<Output> outputs;
  if (block.k_end == gemm.k_end) {
    for (const Piece& piece : progress_.result(gemm, block)) {
      outputs.push_back({piece, gemm.addends > 0 ? program_.commands[command].core : Tag::kTotal});
    }
  }
  put(command, outputs);
  if (gemm.addends > 0) addends_ = gemm.addends;
  if (!progress_.chained() || outputs.empty()) return;
  std::vector<Piece>& passed = passed_[static_cast<std::size_t>(program_.commands[command].core)];
  if (!passed.empty()) fail(command, "makes results before the last ones are taken");
  for (const Output& output : outputs) passed.push_back(output.piece);
}

void ProgramWalk::check_end() {
  while (!progress_.at_end()) advance();
  if (program_.commands.empty() || program_.commands.back().unit != Unit::sequencer) {
    throw ProgramFault("does not end with a fence");
  }
  for (std::size_t i = 0; i < workload_.tensors.size(); ++i) {
    const Tensor& at = workload_.tensors[i];
    const auto id = static_cast<TensorId>(i);
    for (Bytes byte = 0; at.persistent && byte < at.bytes(); ++byte) {
      const Tag& tag = dram_.look(placement_.of[i].dram_address + static_cast<std::uint64_t>(byte));
      if (tag.tensor != id || tag.byte != byte || tag.version != progress_.version(id, byte)) {
        throw ProgramFault(at.name + " is not in DRAM as the step left it");
      }
    }
  }
}

}  // namespace nibble::test
