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
// - NaN-infinity is no code of u4, s4 or fp4, and without overflow nothing creates it.
// fp32: P is as above, and scaling by 2^u commutes with binary32's rounding, as no sum comes near
// its limits. Zero sums are +0 throughout: int32 zero converts to +0, and x + -x is +0.
#include <algorithm>
#include <stdexcept>

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

struct Scratch {
  ScratchBuffer<std::uint8_t> tile;
  ScratchBuffer<std::int32_t> panels;
  ScratchBuffer<std::int32_t> starts;
  ScratchBuffer<float> states;
};

/// One GEMM on its way through the kernels.
class TiledGemm {
 public:
  TiledGemm(const GemmShape& shape, const GemmArithmetic& arithmetic, const NibbleCode* a,
            const NibbleCode* b)
      : kernels_(gemm_kernels()), shape_(shape), arithmetic_(arithmetic), a_(a), b_(b) {
    const bool integers =
        arithmetic.stream == StreamFormat::u4 || arithmetic.stream == StreamFormat::s4;
    bytes_ = integers && kernels_.integers_as_bytes;
    layout_.chunk_len = arithmetic.chunk_len;
    layout_.codes_per_quad = bytes_ ? 4 : 2;
    layout_.quads = static_cast<int>(ceil_div(arithmetic.chunk_len, layout_.codes_per_quad));
    layout_.pieces = static_cast<int>(ceil_div(layout_.quads, kQuadsPerPiece));
    panel_columns_ = 2 * kernels_.vector_columns;
    columns_ = ceil_div(shape.n, kernels_.vector_columns) * kernels_.vector_columns;
    block_codes_ = std::int64_t{kChunksPerGroup} * arithmetic.chunk_len;
  }

  /// Calls store(state row, m, n, columns) for every row of every tile, in units of 2^u.
  template <typename Store>
  void run(Store store) {
    const std::int64_t blocks = ceil_div(shape_.k, block_codes_);
    // One block: the accumulators of a tile are finished before the next tile starts.
    const std::int64_t state_rows = blocks == 1 ? kMaxTileRows : shape_.m + kMaxTileRows;
    float* states = scratch_.states.get(state_rows * columns_);
    if (blocks > 1) std::fill(states, states + state_rows * columns_, 0.0F);
    for (std::int64_t block = 0; block < blocks; ++block) {
      const std::int64_t k = block * block_codes_;
      pack_panels(k);
      float* state = states;
      for (std::int64_t m = 0; m < shape_.m;) {
        const int rows = kernels_.tile_rows(shape_.m - m);
        const int valid_rows = static_cast<int>(std::min<std::int64_t>(rows, shape_.m - m));
        if (blocks == 1) std::fill(state, state + rows * columns_, 0.0F);
        multiply_tile(m, k, rows, valid_rows, state);
        if (block == blocks - 1) store_tile(m, rows, valid_rows, state, store);
        if (blocks > 1) state += rows * columns_;
        m += rows;
      }
    }
  }

 private:
  [[nodiscard]] std::int64_t codes_at(std::int64_t k) const {
    return std::min(block_codes_, shape_.k - k);
  }
  [[nodiscard]] std::int64_t chunks_at(std::int64_t k) const {
    return ceil_div(codes_at(k), layout_.chunk_len);
  }

  /// Calls visit(n, vectors) for every panel: two vectors wide, the last one perhaps one.
  template <typename Visit>
  void for_each_panel(Visit visit) const {
    for (std::int64_t n = 0; n < columns_; n += panel_columns_) {
      visit(n,
            static_cast<int>(std::min<std::int64_t>(2, (columns_ - n) / kernels_.vector_columns)));
    }
  }

  void pack_panels(std::int64_t k) {
    const std::int64_t chunks = chunks_at(k);
    panels_ = scratch_.panels.get(columns_ * chunks * layout_.quads);
    starts_ = scratch_.starts.get(columns_ * chunks);
    for_each_panel([&](std::int64_t n, int vectors) {
      const auto valid = static_cast<int>(std::min<std::int64_t>(panel_columns_, shape_.n - n));
      kernels_.pack_stationary(b_ + k * shape_.n + n, shape_.n, codes_at(k), arithmetic_, layout_,
                               valid, vectors, panels_ + n * chunks * layout_.quads,
                               starts_ + n * chunks);
    });
  }

  void multiply_tile(std::int64_t m, std::int64_t k, int rows, int valid_rows, float* state) {
    const std::int64_t chunks = chunks_at(k);
    std::uint8_t* tile = scratch_.tile.get(chunks * layout_.pieces * kMaxTileRows * kPieceBytes);
    kernels_.pack_stream(a_ + m * shape_.k + k, shape_.k, codes_at(k), arithmetic_.stream, layout_,
                         valid_rows, rows, tile);
    TileProduct product;
    product.a = tile;
    product.chunks = static_cast<int>(chunks);
    product.layout = layout_;
    product.accumulator = arithmetic_.accumulator;
    for_each_panel([&](std::int64_t n, int vectors) {
      product.b = panels_ + n * chunks * layout_.quads;
      product.start = starts_ + n * chunks;
      product.state = state + n * rows;
      kernels_.multiply(product, rows, vectors, bytes_);
    });
  }

  template <typename Store>
  void store_tile(std::int64_t m, int rows, int valid_rows, const float* state, Store store) {
    for_each_panel([&](std::int64_t n, int vectors) {
      const int width = vectors * kernels_.vector_columns;
      for (int row = 0; row < valid_rows; ++row) {
        store(state + n * rows + row * width, m + row, n,
              static_cast<int>(std::min<std::int64_t>(width, shape_.n - n)));
      }
    });
  }

  const GemmKernels& kernels_;
  GemmShape shape_;
  GemmArithmetic arithmetic_;
  const NibbleCode* a_;
  const NibbleCode* b_;
  bool bytes_ = false;
  ChunkLayout layout_;
  int panel_columns_ = 0;
  std::int64_t columns_ = 0;      // N rounded up to whole vectors
  std::int64_t block_codes_ = 0;  // k values of one block: 64 chunks, the group of fp16x2
  std::int32_t* panels_ = nullptr;
  std::int32_t* starts_ = nullptr;
  static thread_local Scratch scratch_;
};

thread_local Scratch TiledGemm::scratch_;

}  // namespace

void gemm(const GemmShape& shape, const GemmArithmetic& arithmetic, const NibbleCode* a,
          const NibbleCode* b, Fp16Code* c) {
  check_gemm(shape, arithmetic.chunk_len);
  if (arithmetic.accumulator == AccumulatorType::fp32) {
    throw std::invalid_argument("accumulator fp32 yields binary32: call gemm_fp32");
  }
  if (needs_reference(shape, arithmetic)) return gemm_reference(shape, arithmetic, a, b, c);
  const int exponent = chunk_exponent(arithmetic.stream);
  TiledGemm(shape, arithmetic, a, b)
      .run([&](const float* state, std::int64_t m, std::int64_t n, int columns) {
        gemm_kernels().store_fp16(state, columns, exponent, c + m * shape.n + n);
      });
}

void gemm_fp32(const GemmShape& shape, const GemmArithmetic& arithmetic, const NibbleCode* a,
               const NibbleCode* b, float* c) {
  check_gemm(shape, arithmetic.chunk_len);
  GemmArithmetic with_fp32 = arithmetic;
  with_fp32.accumulator = AccumulatorType::fp32;
  const int exponent = chunk_exponent(arithmetic.stream);
  TiledGemm(shape, with_fp32, a, b)
      .run([&](const float* state, std::int64_t m, std::int64_t n, int columns) {
        gemm_kernels().store_fp32(state, columns, exponent, c + m * shape.n + n);
      });
}

}  // namespace nibble
