// fp16_gemm(): cuts the FP16 baseline GEMM into tiles, panels and blocks of 64 chunks for the
// kernels of the best instruction set. The trainer uses it for the layers kept in high precision.
#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "models/gemm/binary32_mode.h"
#include "models/gemm/fp16_gemm_simd_kernels.h"
#include "models/gemm/fp16_sum_range.h"
#include "models/gemm/gemm.h"
#include "models/gemm/gemm_simd_scratch.h"

namespace nibble {

namespace {

struct Scratch {
  ScratchBuffer<float> tile;
  ScratchBuffer<float> panels;
  ScratchBuffer<float> states;
  ScratchBuffer<std::int32_t> k_offsets;
};

class TiledFp16Gemm {
 public:
  TiledFp16Gemm(const GemmShape& shape, AccumulatorType accumulator, int chunk_len,
                const Fp16Code* a, const Fp16Code* b, Fp16Code* c)
      : kernels_(fp16_gemm_kernels()), shape_(shape), a_(a), b_(b), c_(c) {
    product_.grouped = accumulator == AccumulatorType::fp16x2;
    product_.chunk_len = chunk_len;
    product_.range = fp16_sum_range(shape.k, fp16_extent(a, shape.m * shape.k),
                                    fp16_extent(b, shape.k * shape.n));
    panel_columns_ = kernels_.panel_vectors * kernels_.vector_columns;
    columns_ = ceil_div(shape.n, kernels_.vector_columns) * kernels_.vector_columns;
    block_codes_ = std::int64_t{kChunksPerGroup} * chunk_len;
  }

  void run() {
    const Binary32Mode truncate(Binary32Rounding::toward_zero);
    const std::int64_t blocks = ceil_div(shape_.k, block_codes_);
    const std::int64_t tiles = ceil_div(shape_.m, kFp16TileRows);
    const std::int64_t tile_states = kFp16TileRows * columns_;
    // One block: the accumulators of a tile are finished before the next tile starts.
    const std::int64_t kept_tiles = blocks == 1 ? 1 : tiles;
    float* states = scratch_.states.get(kept_tiles * tile_states);
    std::fill(states, states + kept_tiles * tile_states, 0.0F);
    for (std::int64_t block = 0; block < blocks; ++block) {
      const std::int64_t k = block * block_codes_;
      product_.codes = std::min(block_codes_, shape_.k - k);
      set_offsets();
      pack_panels(k);
      for (std::int64_t tile = 0; tile < tiles; ++tile) {
        float* state = blocks == 1 ? states : states + tile * tile_states;
        if (blocks == 1) std::fill(state, state + tile_states, 0.0F);
        multiply_tile(tile * kFp16TileRows, k, state);
        if (block == blocks - 1) store_tile(tile * kFp16TileRows, state);
      }
    }
  }

 private:
  /// Calls visit(n, vectors) for every panel: full, or one vector wide.
  template <typename Visit>
  void for_each_panel(Visit visit) const {
    for (std::int64_t n = 0; n < columns_; n += panel_columns_) {
      visit(n, static_cast<int>(std::min<std::int64_t>(panel_columns_, columns_ - n)) /
                   kernels_.vector_columns);
    }
  }

  /// Rows of a tile lie one after the other.
  void set_offsets() {
    for (int row = 0; row < kFp16TileRows; ++row) {
      row_offsets_[row] = static_cast<std::int32_t>(row * product_.codes);
    }
    std::int32_t* k_offsets = scratch_.k_offsets.get(product_.codes);
    std::iota(k_offsets, k_offsets + product_.codes, 0);
    product_.row_offsets = row_offsets_;
    product_.k_offsets = k_offsets;
  }

  void pack_panels(std::int64_t k) {
    panels_ = scratch_.panels.get(columns_ * product_.codes);
    for_each_panel([&](std::int64_t n, int vectors) {
      const std::int64_t first = k * shape_.n + n;
      kernels_.pack_stationary(b_ + first, shape_.n, product_.codes, shape_.k * shape_.n - first,
                               vectors, panels_ + n * product_.codes);
    });
  }

  void multiply_tile(std::int64_t m, std::int64_t k, float* state) {
    float* tile = scratch_.tile.get(kFp16TileRows * product_.codes);
    const std::int64_t first = m * shape_.k + k;
    const bool whole_rows = product_.codes == shape_.k;  // then neighbours in A, as in the tile
    const int runs = whole_rows ? 1 : valid_rows(m);
    const std::int64_t count = whole_rows ? valid_rows(m) * shape_.k : product_.codes;
    for (int run = 0; run < runs; ++run) {
      kernels_.unpack_stream(a_ + first + run * shape_.k, count, tile + run * product_.codes);
    }
    product_.a = tile;
    for_each_panel([&](std::int64_t n, int vectors) {
      product_.b = panels_ + n * product_.codes;
      product_.b_stride = std::int64_t{vectors} * kernels_.vector_columns;
      product_.state = state + n * kFp16TileRows;
      kernels_.multiply(product_, vectors);
    });
  }

  void store_tile(std::int64_t m, const float* state) {
    for_each_panel([&](std::int64_t n, int vectors) {
      const int width = vectors * kernels_.vector_columns;
      kernels_.store(state + n * kFp16TileRows, valid_rows(m), width,
                     static_cast<int>(std::min<std::int64_t>(width, shape_.n - n)), shape_.n,
                     c_ + m * shape_.n + n);
    });
  }

  [[nodiscard]] int valid_rows(std::int64_t m) const {
    return static_cast<int>(std::min<std::int64_t>(kFp16TileRows, shape_.m - m));
  }

  const Fp16GemmKernels& kernels_;
  GemmShape shape_;
  const Fp16Code* a_;
  const Fp16Code* b_;
  Fp16Code* c_;
  Fp16TileProduct product_;
  int panel_columns_ = 0;
  std::int64_t columns_ = 0;      // N rounded up to whole vectors
  std::int64_t block_codes_ = 0;  // k values of one block: 64 chunks, the group of fp16x2
  float* panels_ = nullptr;
  std::int32_t row_offsets_[kFp16TileRows] = {};
  static thread_local Scratch scratch_;
};

thread_local Scratch TiledFp16Gemm::scratch_;

}  // namespace

void fp16_gemm(const GemmShape& shape, AccumulatorType accumulator, int chunk_len,
               const Fp16Code* a, const Fp16Code* b, Fp16Code* c) {
  check_gemm(shape, chunk_len);
  if (accumulator == AccumulatorType::fp32) {
    throw std::invalid_argument("the FP16 baseline accumulates in fp16 or fp16x2, not fp32");
  }
  TiledFp16Gemm(shape, accumulator, chunk_len, a, b, c).run();
}

}  // namespace nibble
