// The tiling of element-wise runs.
#include <algorithm>
#include <limits>
#include <stdexcept>

#include <fmt/format.h>

#include "sim/compiler/block_sizes.h"
#include "sim/compiler/tiling.h"

namespace nibble {
namespace {

constexpr std::int64_t kGranule = 64;  // elements; keeps 1-bit tensors on whole bytes
// ASSUMED: smaller runs are not worth cutting, as each block pays the SFU's latency.
constexpr std::int64_t kSmallestBlock = 4096;
constexpr Bytes kSumBytes = 4;  // of an element of a sum over rows

/// A core's part of a run: elements [begin, end) of `all`.
struct Run {
  int core = 0;
  std::int64_t begin = 0, end = 0, all = 0;
};

class SfuTiler {
 public:
  SfuTiler(const TilingContext& context, const SfuWork& work)
      : context_(context), work_(work), whole_(whole_pieces(context.workload, work)) {
    for (int core = 0; core < context.sharing.cores(); ++core) runs_.push_back(run_of(core));
  }

  [[nodiscard]] CoreBlocks tile() const;

 private:
  [[nodiscard]] Run run_of(int core) const;
  [[nodiscard]] std::vector<Piece> share(const std::vector<TensorSlice>& slices, const Run& run,
                                         std::int64_t begin, std::int64_t end, bool made) const;
  [[nodiscard]] std::vector<Block> core_blocks(const Run& run, std::int64_t step) const;
  [[nodiscard]] Bytes needed(const std::vector<Block>& blocks, int core) const;

  const TilingContext& context_;
  const SfuWork& work_;
  std::vector<Piece> whole_;
  std::vector<Run> runs_;
};

/// A core works on its own rows of what the run makes (or reads, if it makes but sums).
Run SfuTiler::run_of(int core) const {
  const Sharing& sharing = context_.sharing;
  std::int64_t rows = work_.elements;
  bool found = false;
  for (const auto* list : {&work_.outputs, &work_.inputs}) {
    for (const TensorSlice& slice : *list) {
      if (found || sharing.replicated(slice.tensor)) continue;
      rows = sharing.rows(slice);
      found = true;
    }
  }
  const auto element = [&](int of) {
    return proportion(work_.elements, sharing.first_row(rows, of), rows);
  };
  return {core, element(core), element(core + 1), work_.elements};
}

std::vector<Piece> SfuTiler::share(const std::vector<TensorSlice>& slices, const Run& run,
                                   std::int64_t begin, std::int64_t end, bool made) const {
  std::vector<Piece> pieces;
  for (const TensorSlice& slice : slices) {
    // A core's own copy of a sum is written as the core proceeds.
    const bool sums = made && context_.sharing.replicated(slice.tensor);
    const std::int64_t first = sums ? run.begin : 0;
    const std::int64_t count = sums ? run.end - run.begin : run.all;
    const Piece piece = walked(context_.workload, slice, {begin - first, end - first, count});
    if (piece.begin < piece.end) pieces.push_back(piece);
  }
  return pieces;
}

std::vector<Block> SfuTiler::core_blocks(const Run& run, std::int64_t step) const {
  std::vector<Block> blocks;
  for (std::int64_t begin = run.begin; begin < run.end; begin += step) {
    const std::int64_t end = std::min(begin + step, run.end);
    Block block;
    block.held = whole_;
    block.inputs = share(work_.inputs, run, begin, end, false);
    block.outputs = share(work_.outputs, run, begin, end, true);
    block.body = SfuCommand{
        work_.steps, end - begin,
        total_bytes(block.held) + total_bytes(block.inputs) + total_bytes(block.outputs)};
    blocks.push_back(std::move(block));
  }
  return blocks;
}

Bytes SfuTiler::needed(const std::vector<Block>& blocks, int core) const {
  Bytes slot = 0;
  for (const Block& block : blocks) {
    slot = std::max(slot, stream_bytes(context_, block.inputs, core) +
                              stream_bytes(context_, block.outputs, core));
  }
  // A copy of one element of a sum from each core must find room.
  const bool sums = std::any_of(
      work_.outputs.begin(), work_.outputs.end(),
      [&](const TensorSlice& slice) { return context_.sharing.replicated(slice.tensor); });
  return std::max(stream_bytes(context_, whole_, core) + 2 * slot,
                  sums ? kSumBytes * context_.sharing.cores() : 0);
}

CoreBlocks SfuTiler::tile() const {
  const Bytes buffer = context_.target.stream_buffer_bytes;
  std::int64_t most_elements = 0;
  for (const Run& run : runs_) most_elements = std::max(most_elements, run.end - run.begin);
  Bytes smallest = std::numeric_limits<Bytes>::max();
  const std::int64_t wanted =
      ceil_div(ceil_div(most_elements, kBlocksAnOperation), kGranule) * kGranule;
  for (std::int64_t step = std::max(wanted, kSmallestBlock); step >= kGranule;
       step = step / 2 / kGranule * kGranule) {
    CoreBlocks blocks;
    Bytes most = 0;
    for (const Run& run : runs_) {
      blocks.push_back(core_blocks(run, step));
      most = std::max(most, needed(blocks.back(), run.core));
    }
    if (most <= buffer) return blocks;
    smallest = std::min(smallest, most);
  }
  throw std::invalid_argument(fmt::format(
      "{} elements of SFU work need {} bytes of stream buffer, it has {}, allowed a larger "
      "scratchpad.stream_buffer_kib",
      kGranule, smallest, buffer));
}

}  // namespace

Piece walked(const Workload& workload, const TensorSlice& slice, const ElementRange& range) {
  const Bytes all = workload.tensors[static_cast<std::size_t>(slice.tensor)].bytes();
  const Bytes base = all * slice.part / slice.parts;
  const Bytes bytes = all * (slice.part + 1) / slice.parts - base;
  return {slice.tensor, base + proportion(bytes, range.begin, range.all),
          base + proportion(bytes, range.end, range.all)};
}

std::vector<Piece> whole_pieces(const Workload& workload, const SfuWork& work) {
  std::vector<Piece> pieces;
  for (const TensorId tensor : work.whole) {
    pieces.push_back({tensor, 0, workload.tensors[static_cast<std::size_t>(tensor)].bytes()});
  }
  return pieces;
}

CoreBlocks tile_sfu(const TilingContext& context, const SfuWork& work) {
  return SfuTiler(context, work).tile();
}

}  // namespace nibble
