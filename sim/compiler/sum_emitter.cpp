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
  for (std::size_t core = 0; core < blocks.size(); ++core) {
    if (!left(core)) release_held(static_cast<int>(core));  // it adds up all the same
  }
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

/// Reduce-scatter and all-gather: the cores that have summed anything each add up some shards of
/// all copies and send the totals round.
void Emitter::add_up(TensorId sums, const std::vector<int>& summed) {
  const Bytes bytes = context_.workload.tensors[static_cast<std::size_t>(sums)].bytes();
  const auto copies = static_cast<Bytes>(summed.size());
  if (copies == 1) {
    Tokens made;
    wait_for_producers({sums, 0, bytes}, made);
    return spread({sums, 0, bytes}, summed.front(), made);
  }
  for (const int core : summed) release_held(core);
  const Bytes elements = bytes / kStatisticBytes;
  const Bytes most = context_.target.stream_buffer_bytes / kStatisticBytes / copies;
  const Bytes shards =
      std::max(std::clamp<Bytes>(bytes / kSmallestShard, 1, copies), ceil_div(elements, most));
  for (Bytes shard = 0; shard < shards; ++shard) {
    const Piece piece{sums, proportion(elements, shard, shards) * kStatisticBytes,
                      proportion(elements, shard + 1, shards) * kStatisticBytes};
    const int adder = summed[static_cast<std::size_t>(shard % copies)];
    Tokens added;
    added.add(program_, add_copies(piece, summed, adder));
    spread(piece, adder, added);
  }
}

ScratchpadRange Emitter::copy_range(const Piece& sums, int core, bool write) const {
  return resident_range(sums.tensor, {core, sums.begin, sums.end, sums.begin}, write);
}

/// Adds the copies of other cores to that of `adder`, in place.
std::uint32_t Emitter::add_copies(const Piece& sums, const std::vector<int>& summed, int adder) {
  const Bytes bytes = sums.end - sums.begin;
  Work work;
  work.core = adder;
  work.ranges = {copy_range(sums, adder, false)};
  wait_for_producers(sums, work.tokens);
  const Tokens ready = work.tokens;
  for (const int core : summed) {
    if (core == adder) continue;
    const StreamBuffer::Grant grant = buffer(adder).take(bytes);
    Tokens before = ready;
    before.add(program_, grant.earlier_users);
    Command copy;
    copy.unit = Unit::ring;
    copy.core = adder;
    copy.body = RingTransfer{core, bytes};
    copy.scratchpad = {copy_range(sums, core, false), {grant.begin, grant.end, true, adder}};
    work.tokens.add(program_, emit(std::move(copy), before));
    work.ranges.push_back({grant.begin, grant.end, false, adder});
    work.buffered.push_back(work.ranges.back());
  }
  work.ranges.push_back(copy_range(sums, adder, true));
  Block block;
  block.body = addition(bytes, kStatisticBytes, summed.size());
  work.block = &block;
  return compute(work);
}

/// Sends a total to all other cores.
void Emitter::spread(const Piece& sums, int from, const Tokens& made) {
  Command spread;
  spread.unit = Unit::ring;
  spread.body = RingTransfer{from, sums.end - sums.begin};
  spread.scratchpad = {copy_range(sums, from, false)};
  for (int core = context_.sharing.cores() - 1; core >= 0; --core) {
    if (core == from) continue;
    spread.core = core;  // the first receiver executes it
    spread.scratchpad.insert(spread.scratchpad.begin() + 1, copy_range(sums, core, true));
  }
  produced(sums, emit(std::move(spread), made));
}

}  // namespace nibble
