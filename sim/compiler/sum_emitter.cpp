// The half of Emitter that adds up what the cores have summed each for itself: parts of a reduction
// that is shared out (wgrad over images), and statistics of which every core has a copy.
#include <algorithm>

#include "sim/compiler/emitter.h"

namespace nibble {
namespace {

constexpr Bytes kSumBytes = 2;        // of a part of a GEMM's result
constexpr Bytes kStatisticBytes = 4;  // binary32
constexpr Bytes kSmallestShard = 64;  // ASSUMED: shorter messages are all latency

SfuCommand addition(Bytes bytes, Bytes element_bytes, std::size_t addends) {
  SfuCommand add;
  add.steps.assign(std::max<std::size_t>(addends, 2) - 1, SfuStep::residual_add);
  add.elements = ceil_div(bytes, element_bytes);
  add.port_bytes = bytes * static_cast<Bytes>(addends + 1);
  return add;
}

}  // namespace

/// Cores go on until each has its part of the same block; then the parts are added.
void Emitter::run_partial_sums(const CoreBlocks& blocks) {
  std::vector<std::size_t> next(blocks.size(), 0);
  const auto left = [&](std::size_t core) { return next[core] < blocks[core].size(); };
  for (;;) {
    std::vector<bool> has_part(blocks.size(), false);
    for (;;) {
      std::vector<std::pair<int, const Block*>> round;
      for (std::size_t core = 0; core < blocks.size(); ++core) {
        if (!left(core) || has_part[core]) continue;
        const Block& block = blocks[core][next[core]++];
        has_part[core] = !block.outputs.empty();
        round.emplace_back(static_cast<int>(core), &block);
      }
      if (round.empty()) break;
      run_round(round, {});
    }
    if (partial_sums_.empty()) break;
    add_partial_sums();
  }
}

/// All parts of one block. Each core adds up the rows that it owns.
void Emitter::add_partial_sums() {
  const Piece piece = partial_sums_.front().piece;
  for (const Sharing::Segment& segment :
       context_.sharing.owners(piece.tensor, piece.begin, piece.end)) {
    const Bytes bytes = segment.end - segment.begin;
    const Bytes offset = segment.begin - piece.begin;
    StreamBuffer& home = buffer(segment.core);
    Tokens tokens;
    std::vector<ScratchpadRange> ranges;
    for (const PartialSum& part : partial_sums_) {
      const Bytes from = part.range.begin + offset;
      if (part.core == segment.core) {
        ranges.push_back({from, from + bytes, false, part.core});
        tokens.add(program_, part.command);
        continue;
      }
      const StreamBuffer::Grant grant = home.take(bytes);
      Tokens ready;
      ready.add(program_, part.command);
      ready.add(program_, grant.earlier_users);
      Command copy;
      copy.unit = Unit::ring;
      copy.core = segment.core;
      copy.body = RingTransfer{part.core, bytes};
      copy.scratchpad = {{from, from + bytes, false, part.core},
                         {grant.begin, grant.end, true, segment.core}};
      const std::uint32_t copied = emit(std::move(copy), ready);
      buffer(part.core).add_user(from, from + bytes, copied);
      tokens.add(program_, copied);
      ranges.push_back({grant.begin, grant.end, false, segment.core});
    }
    const Piece sum{piece.tensor, segment.begin, segment.end};
    ScratchpadRange to = resident_range(piece.tensor, segment, true);
    if (!resident(piece.tensor)) {
      const StreamBuffer::Grant grant = home.take(bytes);
      tokens.add(program_, grant.earlier_users);
      to = {grant.begin, grant.end, true, segment.core};
    }
    Command add;
    add.unit = Unit::sfu;
    add.core = segment.core;
    add.body = addition(bytes, kSumBytes, ranges.size());
    add.scratchpad = ranges;
    add.scratchpad.push_back(to);
    const std::uint32_t added = emit(std::move(add), tokens);
    for (const ScratchpadRange& range : ranges) home.add_user(range.begin, range.end, added);
    if (resident(piece.tensor)) {
      produced(sum, added);
    } else {
      home.add_user(to.begin, to.end, added);
    }
    if (placement_of(piece.tensor).in_dram) store(sum, to, added);
  }
  partial_sums_.clear();
}

/// Reduce-scatter and all-gather: core i adds up shard i of all copies and sends the total round.
void Emitter::add_up(TensorId sums) {
  const Bytes bytes = context_.workload.tensors[static_cast<std::size_t>(sums)].bytes();
  const int cores = context_.sharing.cores();
  const Bytes shards = std::clamp<Bytes>(bytes / kSmallestShard, 1, static_cast<Bytes>(cores));
  for (Bytes shard = 0; shard < shards; ++shard) {
    const auto adder = static_cast<int>(shard);
    const Piece piece{sums, bytes * shard / shards, bytes * (shard + 1) / shards};
    const auto copy_of = [&](int core, bool write) {
      return resident_range(sums, {core, piece.begin, piece.end, piece.begin}, write);
    };
    Tokens ready;
    wait_for_producers(piece, ready);
    Tokens tokens = ready;
    Command add;
    add.scratchpad = {copy_of(adder, true)};
    std::vector<int> others;
    for (int core = 0; core < cores; ++core) {
      if (core == adder) continue;
      others.push_back(core);
      const StreamBuffer::Grant grant = buffer(adder).take(piece.end - piece.begin);
      Tokens before = ready;
      before.add(program_, grant.earlier_users);
      Command copy;
      copy.unit = Unit::ring;
      copy.core = adder;
      copy.body = RingTransfer{core, piece.end - piece.begin};
      copy.scratchpad = {copy_of(core, false), {grant.begin, grant.end, true, adder}};
      tokens.add(program_, emit(std::move(copy), before));
      add.scratchpad.push_back({grant.begin, grant.end, false, adder});
    }
    add.unit = Unit::sfu;
    add.core = adder;
    add.body = addition(piece.end - piece.begin, kStatisticBytes, static_cast<std::size_t>(cores));
    const std::vector<ScratchpadRange> arrived(add.scratchpad.begin() + 1, add.scratchpad.end());
    const std::uint32_t added = emit(std::move(add), tokens);
    for (const ScratchpadRange& range : arrived) {
      buffer(adder).add_user(range.begin, range.end, added);
    }
    Tokens total;
    total.add(program_, added);
    Command spread;
    spread.unit = Unit::ring;
    spread.core = others.front();
    spread.body = RingTransfer{adder, piece.end - piece.begin};
    spread.scratchpad = {copy_of(adder, false)};
    for (const int core : others) spread.scratchpad.push_back(copy_of(core, true));
    produced(piece, emit(std::move(spread), total));
  }
}

}  // namespace nibble
