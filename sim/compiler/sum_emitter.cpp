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

/// All parts of one block: each core adds up an equal share of it, whoever owns it, so that no core
/// has to take in more than a block.
void Emitter::add_partial_sums() {
  const Piece piece = partial_sums_.front().piece;
  const auto cores = static_cast<Bytes>(buffers_.size());
  const auto cut = [&](Bytes share) {
    return piece.begin +
           proportion((piece.end - piece.begin) / kSumBytes, share, cores) * kSumBytes;
  };
  for (Bytes share = 0; share < cores; ++share) {
    const Piece part{piece.tensor, cut(share), cut(share + 1)};
    if (part.begin < part.end)
      add_partial_sums(part, part.begin - piece.begin, static_cast<int>(share));
  }
  partial_sums_.clear();
}

/// Bytes `sum` of the block, which lie `offset` behind the begin of every part, in core `adder`.
void Emitter::add_partial_sums(const Piece& sum, Bytes offset, int adder) {
  const Bytes bytes = sum.end - sum.begin;
  Work work;
  work.core = adder;
  for (const PartialSum& part : partial_sums_) {
    const Bytes from = part.range.begin + offset;
    if (part.core == adder) {
      work.ranges.push_back({from, from + bytes, false, adder});
      work.tokens.add(program_, part.command);
      continue;
    }
    const StreamBuffer::Grant grant = buffer(adder).take(bytes);
    Tokens ready;
    ready.add(program_, part.command);
    ready.add(program_, grant.earlier_users);
    Command copy;
    copy.unit = Unit::ring;
    copy.core = adder;
    copy.body = RingTransfer{part.core, bytes};
    copy.scratchpad = {{from, from + bytes, false, part.core},
                       {grant.begin, grant.end, true, adder}};
    const std::uint32_t copied = emit(std::move(copy), ready);
    buffer(part.core).add_user(from, from + bytes, copied);
    work.tokens.add(program_, copied);
    work.ranges.push_back({grant.begin, grant.end, false, adder});
  }
  work.buffered = work.ranges;
  Block block;
  block.outputs = {sum};
  block.body = addition(bytes, kSumBytes, work.ranges.size());
  work.block = &block;
  std::vector<std::pair<Piece, ScratchpadRange>> made;
  place_outputs(work, made);
  for (const auto& [made_piece, range] : made) work.ranges.push_back(range);
  deliver(work, compute(work), made);
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
