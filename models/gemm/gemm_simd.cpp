// gemm() and gemm_fp32(): cut the product into tiles, panels and blocks of 64 chunks, pack them,
// and let the kernels of the best instruction set multiply.
//
// The accumulators hold units of 2^u in binary32, scaled once at the end. That equals DLFloat16 in
// every step because nothing can under- or overflow (NUMERICS 1 and 2):
// - Underflow: chunk sums are integers, and so is every rounding of an integer to ten significant
//   bits and every sum of such. A nonzero accumulator is at least one unit, 2^-7, and DLFloat16
//   flushes only below 2^-31.
// - Overflow, bound 2^33: rounding acc + P to nearest moves it by at most |P|, since acc itself is
//   representable. So one level reaches at most 2 * sum|P|, two levels 4 * sum|P|, where sum|P| <=
//   1.001 * K * 15 * 4096 * 2^-6. For K <= 2^21 that is below 2^33.
//   For a chunk_len <= 64 it holds for any K: |P| <= 61440; a group of 64 is below 64 * 61440 *
//   (1 + 2^-10)^63 < 2^22, and an accumulator that only gets addends below 2^22 never passes 2^32,
//   where half a place is 2^22. What is left, K > 2^21 with longer chunks, goes to the reference.
// - The other gradient grids stay within fp4's bounds (operand_values.h).
// - NaN-infinity is no code of any operand, and without overflow nothing creates it.
// fp32: P is as above, and scaling by 2^u commutes with binary32's rounding, as no sum comes near
// its limits. Zero sums are +0 throughout: int32 zero converts to +0, and x + -x is +0.
#include <algorithm>
#include <stdexcept>
#include <vector>

#include "models/gemm/gemm.h"
#include "models/gemm/gemm_simd_kernels.h"
#include "models/gemm/gemm_simd_scratch.h"

namespace nibble {

namespace {

constexpr std::int64_t kAnyChunkLenMaxK = std::int64_t{1} << 21;
constexpr int kAnyKMaxChunkLen = 64;

[[nodiscard]] bool needs_reference(const GemmShape& shape, const GemmArithmetic& arithmetic) {
  return shape.k > kAnyChunkLenMaxK && arithmetic.chunk_len > kAnyKMaxChunkLen;
}

// Packed rows of A that stay in the second-level cache while the panels of B pass by.
constexpr std::int64_t kRowGroupBytes = 1024 * 1024;
// Panels packed together, so that whole cache lines of B are used, and multiplied while in cache.
constexpr std::int64_t kPanelGroupBytes = 256 * 1024;
constexpr std::int64_t kMinGroupPanels = 2;
constexpr std::int64_t kQuadBytes = 4;

struct Scratch {
  ScratchBuffer<std::uint8_t> tiles;
  ScratchBuffer<std::int32_t> panels;
  ScratchBuffer<std::int32_t> starts;
  ScratchBuffer<float> states;
};
thread_local Scratch scratch;

/// One GEMM on its way through the kernels: for each block of 64 chunks, for each group of rows,
/// for each panel of columns, for each tile of the group.
template <typename Store>
class TiledGemm {
 public:
  /// Calls store(state, m, rows, width, n, columns) for every finished tile and panel.
  TiledGemm(const GemmShape& shape, const GemmArithmetic& arithmetic, const NibbleCode* a,
            const NibbleCode* b, Store store)
      : kernels_(gemm_kernels()),
        shape_(shape),
        arithmetic_(arithmetic),
        a_(a),
        b_(b),
        store_(store) {
    bytes_ = is_integer(arithmetic.stream) && kernels_.integers_as_bytes;
    layout_ = chunk_layout(arithmetic.chunk_len, bytes_ ? 4 : 2);
    panel_columns_ = 2 * kernels_.vector_columns;
    columns_ = ceil_div(shape.n, kernels_.vector_columns) * kernels_.vector_columns;
    block_codes_ = std::int64_t{kChunksPerGroup} * arithmetic.chunk_len;
    blocks_ = ceil_div(shape.k, block_codes_);
  }

  void run() {
    // With one block an accumulator is finished where it began; with several it waits in memory.
    const std::int64_t state_rows = blocks_ == 1 ? kMaxTileRows : shape_.m + kMaxTileRows;
    states_ = scratch.states.get(state_rows * columns_);
    if (blocks_ > 1) std::fill(states_, states_ + state_rows * columns_, 0.0F);
    for (std::int64_t block = 0; block < blocks_; ++block) run_block(block);
  }

 private:
  struct Tile {
    std::int64_t m = 0;
    int rows = 0;  // may reach beyond the matrix
    const std::uint8_t* packed = nullptr;
  };

  void run_block(std::int64_t block) {
    k_ = block * block_codes_;
    codes_ = std::min(block_codes_, shape_.k - k_);
    chunks_ = ceil_div(codes_, layout_.chunk_len);
    last_block_ = block + 1 == blocks_;
    const std::int64_t row_bytes = chunks_ * layout_.pieces * kPieceBytes;
    const std::int64_t group_rows =
        std::max<std::int64_t>(kMaxTileRows, kRowGroupBytes / row_bytes);
    const std::int64_t panel_size = panel_columns_ * chunks_ * layout_.quads;
    const std::int64_t group_columns =
        panel_columns_ * std::max(kMinGroupPanels, kPanelGroupBytes / (panel_size * kQuadBytes));
    // All rows in one group: panels are used once, right after packing, and their room is used
    // again.
    const bool keep_panels = group_rows < shape_.m;
    const std::int64_t kept_columns = keep_panels ? columns_ : std::min(group_columns, columns_);
    std::int32_t* panels = scratch.panels.get(kept_columns * chunks_ * layout_.quads);
    std::int32_t* starts = scratch.starts.get(kept_columns * chunks_);
    for (std::int64_t m = 0; m < shape_.m;) {
      const bool first_rows = m == 0;
      m = pack_group(m, std::min(m + group_rows, shape_.m), row_bytes);
      for (std::int64_t n = 0; n < columns_; n += group_columns) {
        panels_ = panels + (keep_panels ? n * chunks_ * layout_.quads : 0);
        starts_ = starts + (keep_panels ? n * chunks_ : 0);
        multiply_group(n, std::min(group_columns, columns_ - n), first_rows);
      }
    }
  }

  /// Packs tiles from row m until they reach `end`; returns the first row not packed.
  std::int64_t pack_group(std::int64_t m, std::int64_t end, std::int64_t row_bytes) {
    std::uint8_t* packed = scratch.tiles.get((end - m + kMaxTileRows) * row_bytes);
    tiles_.clear();
    while (m < end) {
      const int rows = kernels_.tile_rows(shape_.m - m);
      const std::int64_t first = m * shape_.k + k_;
      kernels_.pack_stream(a_ + first, shape_.k, codes_, shape_.m * shape_.k - first,
                           arithmetic_.stream, layout_, valid_rows(m, rows), rows, packed);
      tiles_.push_back({m, rows, packed});
      packed += rows * row_bytes;
      m += rows;
    }
    return std::min(m, shape_.m);
  }

  [[nodiscard]] int valid_rows(std::int64_t m, int rows) const {
    return static_cast<int>(std::min<std::int64_t>(rows, shape_.m - m));
  }

  void multiply_group(std::int64_t n, std::int64_t columns, bool pack) {
    if (pack) {
      kernels_.pack_stationary(b_ + k_ * shape_.n + n, shape_.n, codes_,
                               std::min(columns, shape_.n - n), arithmetic_, layout_, panels_,
                               starts_);
    }
    for (std::int64_t column = 0; column < columns; column += panel_columns_) {
      multiply_panel(n + column, panels_ + column * chunks_ * layout_.quads,
                     starts_ + column * chunks_);
    }
  }

  void multiply_panel(std::int64_t n, const std::int32_t* panel, const std::int32_t* start) {
    const int width = static_cast<int>(std::min<std::int64_t>(panel_columns_, columns_ - n));
    const int vectors = width / kernels_.vector_columns;
    const auto valid = static_cast<int>(std::min<std::int64_t>(width, shape_.n - n));
    TileProduct product;
    product.b = panel;
    product.start = start;
    product.chunks = static_cast<int>(chunks_);
    product.quads_in_last_chunk = static_cast<int>(
        ceil_div(codes_ - (chunks_ - 1) * layout_.chunk_len, layout_.codes_per_quad));
    product.layout = layout_;
    product.accumulator = arithmetic_.accumulator;
    for (const Tile& tile : tiles_) {
      product.a = tile.packed;
      product.state = states_ + (blocks_ == 1 ? 0 : tile.m * columns_ + n * tile.rows);
      if (blocks_ == 1) std::fill(product.state, product.state + tile.rows * width, 0.0F);
      kernels_.multiply(product, tile.rows, vectors, bytes_);
      if (last_block_) {
        store_(product.state, tile.m, valid_rows(tile.m, tile.rows), width, n, valid);
      }
    }
  }

  const GemmKernels& kernels_;
  GemmShape shape_;
  GemmArithmetic arithmetic_;
  const NibbleCode* a_;
  const NibbleCode* b_;
  Store store_;
  bool bytes_ = false;
  ChunkLayout layout_;
  int panel_columns_ = 0;
  std::int64_t columns_ = 0;      // N rounded up to whole vectors
  std::int64_t block_codes_ = 0;  // k values of one block: 64 chunks, the group of fp16x2
  std::int64_t blocks_ = 0;
  float* states_ = nullptr;
  // Of the current block:
  std::int64_t k_ = 0;
  std::int64_t codes_ = 0;
  std::int64_t chunks_ = 0;
  bool last_block_ = false;
  std::int32_t* panels_ = nullptr;  // of the current group of columns
  std::int32_t* starts_ = nullptr;
  std::vector<Tile> tiles_;  // of the current group of rows
};

}  // namespace

void gemm(const GemmShape& shape, const GemmArithmetic& arithmetic, const NibbleCode* a,
          const NibbleCode* b, Fp16Code* c) {
  check_gemm(shape, arithmetic.chunk_len);
  if (arithmetic.accumulator == AccumulatorType::fp32) {
    throw std::invalid_argument("accumulator fp32 yields binary32: call gemm_fp32");
  }
  if (needs_reference(shape, arithmetic)) return gemm_reference(shape, arithmetic, a, b, c);
  const int exponent = chunk_exponent(arithmetic.stream);
  TiledGemm(
      shape, arithmetic, a, b,
      [&](const float* state, std::int64_t m, int rows, int width, std::int64_t n, int columns) {
        gemm_kernels().store_fp16(state, rows, width, columns, exponent, shape.n,
                                  c + m * shape.n + n);
      })
      .run();
}

void gemm_fp32(const GemmShape& shape, const GemmArithmetic& arithmetic, const NibbleCode* a,
               const NibbleCode* b, float* c) {
  check_gemm(shape, arithmetic.chunk_len);
  GemmArithmetic with_fp32 = arithmetic;
  with_fp32.accumulator = AccumulatorType::fp32;
  const int exponent = chunk_exponent(arithmetic.stream);
  TiledGemm(
      shape, with_fp32, a, b,
      [&](const float* state, std::int64_t m, int rows, int width, std::int64_t n, int columns) {
        gemm_kernels().store_fp32(state, rows, width, columns, exponent, shape.n,
                                  c + m * shape.n + n);
      })
      .run();
}

}  // namespace nibble
