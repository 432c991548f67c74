#include "sim/compiler/tiling.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

#include <fmt/format.h>

#include "sim/compiler/gemm_footprint.h"

namespace nibble {
namespace {

// ASSUMED: operations are cut into about this many blocks where buffers allow more, so that DMA,
// array and SFU overlap while the cost of starting a command (fill and drain) stays small.
constexpr std::int64_t kBlocksAnOperation = 8;
constexpr std::int64_t kSmallestRows = 16;
constexpr std::int64_t kSfuGranule = 64;  // elements; keeps 1-bit tensors on whole bytes
// ASSUMED: smaller runs are not worth cutting, as each block pays the SFU's latency.
constexpr std::int64_t kSmallestSfuBlock = 4096;
constexpr Bytes kUnbounded = std::numeric_limits<Bytes>::max();

std::int64_t round_up(std::int64_t a, std::int64_t b) { return ceil_div(a, b) * b; }

/// Counts only what must stream through the buffer.
class StreamBytes {
 public:
  explicit StreamBytes(const TilingContext& context)
      : placement_(context.placement), stage_(context.stage) {}
  [[nodiscard]] Bytes of(const Piece& piece) const {
    const Placement& place = placement_.of[static_cast<std::size_t>(piece.tensor)];
    return place.resident_in(stage_) ? 0 : piece.end - piece.begin;
  }
  [[nodiscard]] Bytes of(const std::vector<Piece>& pieces) const {
    Bytes bytes = 0;
    for (const Piece& piece : pieces) bytes += of(piece);
    return bytes;
  }

 private:
  const PlacementPlan& placement_;
  int stage_;
};

/// Tiling of one lowered GEMM; the members are what every step below needs.
class GemmTiler {
 public:
  GemmTiler(const TilingContext& context, const GemmWork& work, const LoweredGemm& lowered,
            std::uint32_t gemm_index, Bytes result_offset)
      : footprint_(context.workload, work, lowered, result_offset),
        stream_(context),
        shape_(lowered.shape),
        buffer_(context.target.stream_buffer_bytes) {
    const CompilerTarget& target = context.target;
    const bool small_tile = work.precision == TilePrecision::fp16 && target.fp16_tile;
    geometry_ = small_tile ? *target.fp16_tile : target.tile;
    command_.gemm = gemm_index;
    command_.precision = work.precision;
    command_.arithmetic = work.arithmetic;
    command_.arithmetic.chunk_len = geometry_.lanes;
    command_.shape = lowered.shape;
    if (geometry_.precision != work.precision) {
      throw std::invalid_argument(
          "the layer is kept in fp16 and the chip has no array for it, allowed a chip with "
          "fp16_tile "
          "or precision int4_fp4");
    }
    unit_ = small_tile ? Unit::fp16_tile : Unit::tile;
    column_step_ = static_cast<std::int64_t>(geometry_.cols) * geometry_.tiles;
  }

  std::vector<Block> stream_rows();
  std::vector<Block> stream_reduction();

 private:
  [[nodiscard]] std::vector<Block> row_blocks(std::int64_t rows, std::int64_t columns) const;
  [[nodiscard]] Block block(const GemmBlock& range, bool hold_streamed, bool hold_stationary) const;
  [[nodiscard]] Bytes needed(const std::vector<Block>& blocks) const;
  [[nodiscard]] std::invalid_argument too_small(Bytes smallest) const {
    return std::invalid_argument(fmt::format(
        "the smallest tile needs {} bytes of stream buffer, it has {}, allowed a larger "
        "scratchpad.stream_buffer_kib or a smaller batch",
        smallest, buffer_));
  }

  GemmFootprint footprint_;
  StreamBytes stream_;
  GemmShape shape_;
  Bytes buffer_;
  TileGeometry geometry_;
  TileCommand command_;
  Unit unit_ = Unit::tile;
  std::int64_t column_step_ = 0;
};

Block GemmTiler::block(const GemmBlock& range, bool hold_streamed, bool hold_stationary) const {
  Block block;
  block.unit = unit_;
  const auto place = [&block](std::vector<Piece> pieces, bool hold) {
    std::vector<Piece>& list = hold ? block.held : block.inputs;
    list.insert(list.end(), pieces.begin(), pieces.end());
  };
  place(footprint_.streamed(range), hold_streamed);
  place(footprint_.stationary(range), hold_stationary);
  if (range.k_end == shape_.k) block.outputs.push_back(footprint_.result(range));
  TileCommand command = command_;
  command.m_begin = range.m_begin;
  command.m_end = range.m_end;
  command.n_begin = range.n_begin;
  command.n_end = range.n_end;
  command.k_begin = range.k_begin;
  command.k_end = range.k_end;
  block.body = command;
  return block;
}

Bytes GemmTiler::needed(const std::vector<Block>& blocks) const {
  Bytes slot = 0;
  Bytes held = 0;
  for (const Block& each : blocks) {
    slot = std::max(slot, stream_.of(each.inputs) + stream_.of(each.outputs));
    held = std::max(held, stream_.of(each.held));
  }
  return held + 2 * slot;
}

std::vector<Block> GemmTiler::row_blocks(std::int64_t rows, std::int64_t columns) const {
  std::vector<Block> blocks;
  for (std::int64_t n = 0; n < shape_.n; n += columns) {
    for (std::int64_t m = 0; m < shape_.m; m += rows) {
      blocks.push_back(
          block({m, std::min(m + rows, shape_.m), n, std::min(n + columns, shape_.n), 0, shape_.k},
                false, true));
    }
  }
  return blocks;
}

/// forward and dgrad: rows of A stream past weights that are held.
std::vector<Block> GemmTiler::stream_rows() {
  const std::int64_t accumulators = geometry_.acc_rows;
  const std::int64_t wanted =
      accumulators * ceil_div(ceil_div(shape_.m, accumulators), kBlocksAnOperation);
  const std::int64_t fewest = std::min(kSmallestRows, wanted);
  Bytes smallest = kUnbounded;
  for (std::int64_t columns = shape_.n;; columns = round_up(columns / 2, column_step_)) {
    for (std::int64_t rows = wanted; rows >= fewest; rows /= 2) {
      if (rows > accumulators) rows = rows / accumulators * accumulators;
      std::vector<Block> blocks = row_blocks(rows, columns);
      smallest = std::min(smallest, needed(blocks));
      if (smallest <= buffer_) return blocks;
    }
    if (columns <= column_step_) break;
  }
  throw too_small(smallest);
}

/// wgrad: everything at once if it fits, else each block of dW takes the whole reduction in pieces.
std::vector<Block> GemmTiler::stream_reduction() {
  std::vector<Block> whole{block({0, shape_.m, 0, shape_.n, 0, shape_.k}, true, true)};
  Bytes smallest = needed(whole);
  if (smallest <= buffer_) return whole;

  const std::int64_t rows = std::min<std::int64_t>(geometry_.acc_rows, shape_.m);
  const std::int64_t columns = std::min(column_step_, shape_.n);
  for (std::int64_t depth = round_up(shape_.k, geometry_.lanes);;
       depth = round_up(depth / 2, geometry_.lanes)) {
    std::vector<Block> blocks;
    for (std::int64_t n = 0; n < shape_.n; n += columns) {
      for (std::int64_t m = 0; m < shape_.m; m += rows) {
        for (std::int64_t k = 0; k < shape_.k; k += depth) {
          blocks.push_back(
              block({m, std::min(m + rows, shape_.m), n, std::min(n + columns, shape_.n), k,
                     std::min(k + depth, shape_.k)},
                    false, false));
        }
      }
    }
    smallest = std::min(smallest, needed(blocks));
    if (smallest <= buffer_) return blocks;
    if (depth <= geometry_.lanes) break;
  }
  throw too_small(smallest);
}

std::vector<Piece> share(const Workload& workload, const std::vector<TensorSlice>& slices,
                         std::int64_t begin, std::int64_t end, std::int64_t elements) {
  std::vector<Piece> pieces;
  for (const TensorSlice& slice : slices) {
    const Bytes whole = workload.tensors[static_cast<std::size_t>(slice.tensor)].bytes();
    const Bytes base = whole * slice.part / slice.parts;
    const Bytes bytes = whole * (slice.part + 1) / slice.parts - base;
    const Piece piece{slice.tensor, base + bytes * begin / elements, base + bytes * end / elements};
    if (piece.begin < piece.end) pieces.push_back(piece);
  }
  return pieces;
}

}  // namespace

std::vector<Block> tile_gemm(const TilingContext& context, const GemmWork& work,
                             const LoweredGemm& lowered, std::uint32_t gemm_index,
                             Bytes result_offset) {
  GemmTiler tiler(context, work, lowered, gemm_index, result_offset);
  return lowered.pass == GemmPass::wgrad ? tiler.stream_reduction() : tiler.stream_rows();
}

std::vector<Block> tile_sfu(const TilingContext& context, const SfuWork& work) {
  const Workload& workload = context.workload;
  const Bytes buffer = context.target.stream_buffer_bytes;
  const StreamBytes stream(context);
  const std::vector<Piece> whole = share(workload, {work.whole.begin(), work.whole.end()}, 0, 1, 1);
  Bytes smallest = kUnbounded;
  for (std::int64_t step = std::max(
           round_up(ceil_div(work.elements, kBlocksAnOperation), kSfuGranule), kSmallestSfuBlock);
       step >= kSfuGranule; step = step / 2 / kSfuGranule * kSfuGranule) {
    std::vector<Block> blocks;
    Bytes slot = 0;
    for (std::int64_t begin = 0; begin < work.elements; begin += step) {
      const std::int64_t end = std::min(begin + step, work.elements);
      Block block;
      block.held = whole;
      block.inputs = share(workload, work.inputs, begin, end, work.elements);
      block.outputs = share(workload, work.outputs, begin, end, work.elements);
      slot = std::max(slot, stream.of(block.inputs) + stream.of(block.outputs));
      block.body = SfuCommand{
          work.steps, end - begin,
          total_bytes(block.held) + total_bytes(block.inputs) + total_bytes(block.outputs)};
      blocks.push_back(std::move(block));
    }
    smallest = std::min(smallest, stream.of(whole) + 2 * slot);
    if (smallest <= buffer) return blocks;
  }
  throw std::invalid_argument(fmt::format(
      "{} elements of SFU work need {} bytes of stream buffer, it has {}, allowed a larger "
      "scratchpad.stream_buffer_kib",
      kSfuGranule, smallest, buffer));
}

}  // namespace nibble
