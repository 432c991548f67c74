// block_scaled_gemm(): for each stretch of K that fits the cache, packs B into panels, then tile
// by tile of A multiplies with every panel. Accumulators wait in memory between stretches.
#include "models/gemm/block_scaled_gemm.h"

#include <algorithm>

#include "models/gemm/block_scaled_gemm_kernels.h"
#include "models/gemm/gemm_simd_kernels.h"
#include "models/gemm/gemm_simd_scratch.h"

namespace nibble {

namespace {

constexpr std::int64_t kStretchBlocks = 64;

struct Scratch {
  ScratchBuffer<std::uint8_t> tile;
  ScratchBuffer<std::int32_t> panels;
  ScratchBuffer<float> a_scales, b_scales;
  ScratchBuffer<float> states;
};
thread_local Scratch scratch;

class TiledBlockGemm {
 public:
  TiledBlockGemm(const BlockScaled& a, const BlockScaled& b, float* c)
      : a_(a), b_(b), c_(c), format_(block_format(a.format)) {
    layout_ = chunk_layout(format_.block_len, 2);
    columns_ = ceil_div(b.columns, kernels_.vector_columns) * kernels_.vector_columns;
    panel_columns_ = 2 * kernels_.vector_columns;
    const std::int64_t stretch = std::min(kStretchBlocks, a.blocks());
    tile_ = scratch.tile.get(stretch * kMaxTileRows * kPieceBytes);
    a_scales_ = scratch.a_scales.get(stretch * kMaxTileRows);
    panels_ = scratch.panels.get(stretch * layout_.quads * columns_);
    b_scales_ = scratch.b_scales.get(stretch * columns_);
    const std::int64_t states = (a.rows + kMaxTileRows) * columns_;
    states_ = scratch.states.get(states);
    std::fill(states_, states_ + states, 0.0F);
  }

  void run() {
    for (first_ = 0; first_ < a_.blocks(); first_ += kStretchBlocks) {
      blocks_ = std::min(kStretchBlocks, a_.blocks() - first_);
      k_ = first_ * format_.block_len;
      codes_ = std::min(blocks_ * format_.block_len, a_.columns - k_);
      for (std::int64_t n = 0; n < columns_; n += panel_columns_) pack_panel(n);
      for (std::int64_t m = 0; m < a_.rows;) {
        const int rows = stream_kernels_.tile_rows(a_.rows - m);
        pack_tile(m, rows);
        for (std::int64_t n = 0; n < columns_; n += panel_columns_) multiply(m, rows, n);
        m += rows;
      }
    }
  }

 private:
  /// Panels are two vectors wide, the last one perhaps one.
  [[nodiscard]] std::int64_t width(std::int64_t n) const {
    return std::min<std::int64_t>(panel_columns_, columns_ - n);
  }
  [[nodiscard]] int vectors(std::int64_t n) const {
    return static_cast<int>(width(n)) / kernels_.vector_columns;
  }

  void pack_panel(std::int64_t n) {
    const std::int64_t valid = std::min(width(n), b_.columns - n);
    const std::int64_t quads = blocks_ * layout_.quads;
    kernels_.pack_panel(b_.codes.data() + k_ * b_.columns + n, b_.columns, codes_, valid, quads,
                        vectors(n), panels_ + n * quads);
    float* out = b_scales_ + n * blocks_;
    for (std::int64_t block = first_; block < first_ + blocks_; ++block) {
      const std::uint8_t* const scales = b_.scales.data() + block * b_.columns + n;
      for (std::int64_t i = 0; i < width(n); ++i) {
        *out++ = i < valid ? block_scale_value(format_.scale, scales[i]) : 0.0F;
      }
    }
  }

  void pack_tile(std::int64_t m, int rows) {
    const auto valid = static_cast<int>(std::min<std::int64_t>(rows, a_.rows - m));
    const std::int64_t first_code = m * a_.columns + k_;
    stream_kernels_.pack_stream(a_.codes.data() + first_code, a_.columns, codes_,
                                a_.rows * a_.columns - first_code, StreamFormat::e2m1, layout_,
                                valid, rows, tile_);
    float* out = a_scales_;
    for (std::int64_t block = first_; block < first_ + blocks_; ++block) {
      for (int row = 0; row < rows; ++row) {
        const std::int64_t line = m + std::min(row, valid - 1);
        *out++ = block_scale_value(format_.scale, a_.scales[line * a_.blocks() + block]);
      }
    }
  }

  void multiply(std::int64_t m, int rows, std::int64_t n) {
    BlockTileProduct product;
    product.a = tile_;
    product.b = panels_ + n * blocks_ * layout_.quads;
    product.a_scales = a_scales_;
    product.b_scales = b_scales_ + n * blocks_;
    product.blocks = blocks_;
    product.quads = layout_.quads;
    product.state = states_ + m * columns_ + n * rows;
    kernels_.multiply(product, rows, vectors(n));
    if (first_ + blocks_ == a_.blocks()) store(product.state, m, rows, n);
  }

  void store(const float* state, std::int64_t m, int rows, std::int64_t n) {
    const float factor = a_.tensor_scale * b_.tensor_scale * 0.25F;
    const std::int64_t valid_rows = std::min<std::int64_t>(rows, a_.rows - m);
    const std::int64_t valid = std::min(width(n), b_.columns - n);
    for (std::int64_t row = 0; row < valid_rows; ++row) {
      for (std::int64_t i = 0; i < valid; ++i) {
        c_[(m + row) * b_.columns + n + i] = state[row * width(n) + i] * factor;
      }
    }
  }

  const BlockGemmKernels& kernels_ = block_gemm_kernels();
  const GemmKernels& stream_kernels_ = gemm_kernels();
  const BlockScaled& a_;
  const BlockScaled& b_;
  float* c_;
  const BlockFormatRow& format_;
  ChunkLayout layout_;
  std::int64_t columns_ = 0;  // N rounded up to whole vectors
  std::int64_t panel_columns_ = 0;
  std::uint8_t* tile_ = nullptr;
  float* a_scales_ = nullptr;
  std::int32_t* panels_ = nullptr;
  float* b_scales_ = nullptr;
  float* states_ = nullptr;
  // Of the current stretch:
  std::int64_t first_ = 0;  // block
  std::int64_t blocks_ = 0;
  std::int64_t k_ = 0;
  std::int64_t codes_ = 0;
};

}  // namespace

void block_scaled_gemm(const BlockScaled& a, const BlockScaled& b, float* c) {
  check_block_scaled_gemm(a, b);
  TiledBlockGemm(a, b, c).run();
}

}  // namespace nibble
