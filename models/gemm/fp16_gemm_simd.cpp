// fp16_gemm(): cuts the FP16 baseline GEMM into tiles, panels and blocks of 64 chunks for the
// kernels of the best instruction set. The trainer uses it for the layers kept in high precision.
#include <algorithm>
#include <cfenv>
#include <stdexcept>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include "models/formats/vector_clones.h"
#include "models/gemm/fp16_gemm_simd_kernels.h"
#include "models/gemm/gemm.h"
#include "models/gemm/gemm_simd_scratch.h"

namespace nibble {

namespace {

/// Binary32 truncates while it lives, and subnormal results are zeros; the kernels depend on it.
class TruncatingArithmetic {
 public:
#if defined(__SSE2__)
  TruncatingArithmetic() : before_(_mm_getcsr()) {
    _mm_setcsr(before_ | _MM_ROUND_TOWARD_ZERO | _MM_FLUSH_ZERO_ON);
  }
  ~TruncatingArithmetic() { _mm_setcsr(before_); }
#else  // no kernel makes subnormals
  TruncatingArithmetic() : before_(std::fegetround()) { std::fesetround(FE_TOWARDZERO); }
  ~TruncatingArithmetic() { std::fesetround(before_); }
#endif
  TruncatingArithmetic(const TruncatingArithmetic&) = delete;
  TruncatingArithmetic& operator=(const TruncatingArithmetic&) = delete;

 private:
#if defined(__SSE2__)
  unsigned before_;
#else
  int before_;
#endif
};

/// What bounds the sums that an operand takes part in.
struct Extent {
  Fp16Code largest = 0;        // magnitude
  Fp16Code smallest = 0x7FFF;  // magnitude of what is not zero
  Fp16Code mantissas = 0;      // all of them, or-ed

  /// All values are multiples of 2^unit().
  [[nodiscard]] int unit() const {
    const int exponent = (smallest >> kFp16MantissaBits) - kFp16Bias;
    return exponent - kFp16MantissaBits + __builtin_ctz(mantissas | 1U << kFp16MantissaBits);
  }
};

NIBBLE_VECTOR_CLONES
Extent extent_of(const Fp16Code* codes, std::int64_t count) {
  Fp16Code largest = 0;
  Fp16Code below_smallest = 0xFFFF;  // magnitude - 1: a zero is the largest of all
  Fp16Code mantissas = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto magnitude = static_cast<Fp16Code>(codes[i] & 0x7FFF);
    const auto below = static_cast<Fp16Code>(magnitude - 1);
    largest = magnitude > largest ? magnitude : largest;
    below_smallest = below < below_smallest ? below : below_smallest;
    mantissas |= codes[i];
  }
  Extent extent;
  extent.largest = largest;
  extent.smallest = largest == 0 ? extent.smallest : static_cast<Fp16Code>(below_smallest + 1);
  extent.mantissas = mantissas & 511;
  return extent;
}

/// Overflow: rounding acc + p moves it by at most |p|, since acc itself is representable. So a
/// chunk is at most 2 * sum|p|, a group twice its chunks, the result twice its groups.
/// Underflow: rounding a multiple of a power of two to ten bits leaves it one, so that a sum that
/// is not zero is at least the product of the operands' units, and DLFloat16 holds 2^-30.
Fp16SumRange sum_range(const GemmShape& shape, const Extent& a, const Extent& b) {
  if (a.largest == kFp16NanInfinity || b.largest == kFp16NanInfinity) return Fp16SumRange::any;
  const double largest = 8.0 * static_cast<double>(shape.k) *
                         static_cast<double>(fp16_to_float(a.largest)) *
                         static_cast<double>(fp16_to_float(b.largest));
  if (largest > 4294967296.0) return Fp16SumRange::any;
  return a.unit() + b.unit() < -30 ? Fp16SumRange::no_overflow : Fp16SumRange::no_limits_reached;
}

struct Scratch {
  ScratchBuffer<float> tile;
  ScratchBuffer<float> panels;
  ScratchBuffer<float> states;
};

class TiledFp16Gemm {
 public:
  TiledFp16Gemm(const GemmShape& shape, AccumulatorType accumulator, int chunk_len,
                const Fp16Code* a, const Fp16Code* b, Fp16Code* c)
      : kernels_(fp16_gemm_kernels()), shape_(shape), a_(a), b_(b), c_(c) {
    product_.grouped = accumulator == AccumulatorType::fp16x2;
    product_.chunk_len = chunk_len;
    product_.range =
        sum_range(shape, extent_of(a, shape.m * shape.k), extent_of(b, shape.k * shape.n));
    panel_columns_ = kernels_.panel_vectors * kernels_.vector_columns;
    columns_ = ceil_div(shape.n, kernels_.vector_columns) * kernels_.vector_columns;
    block_codes_ = std::int64_t{kChunksPerGroup} * chunk_len;
  }

  void run() {
    const TruncatingArithmetic truncate;
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

  void pack_panels(std::int64_t k) {
    panels_ = scratch_.panels.get(columns_ * product_.codes);
    for_each_panel([&](std::int64_t n, int vectors) {
      const std::int64_t first = k * shape_.n + n;
      kernels_.pack_stationary(b_ + first, shape_.n, product_.codes, shape_.k * shape_.n - first,
                               vectors, panels_ + n * product_.codes);
    });
  }

  void multiply_tile(std::int64_t m, std::int64_t k, float* state) {
    const std::int64_t pieces = kChunksPerGroup * ceil_div(product_.chunk_len, kFp16PieceLen);
    float* tile = scratch_.tile.get(pieces * kFp16TileRows * kFp16PieceLen);
    const std::int64_t first = m * shape_.k + k;
    kernels_.pack_stream(a_ + first, shape_.k, product_.codes, shape_.m * shape_.k - first,
                         product_.chunk_len, valid_rows(m), tile);
    product_.a = tile;
    for_each_panel([&](std::int64_t n, int vectors) {
      product_.b = panels_ + n * product_.codes;
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
