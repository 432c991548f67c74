// wgrad of packed_fp16_pass(), a group of chunks after the other: rows are filter taps, found where
// they lie in unpacked images, k are pixels and columns are filters, so that dY needs no
// transposing. The products are the same as with rows and columns the other way round, and so is
// the order of k.
#include <algorithm>
#include <vector>

#include "models/gemm/binary32_mode.h"
#include "models/gemm/gemm_simd_scratch.h"
#include "models/layers/fp16_values.h"
#include "models/layers/packed_fp16_operand.h"

namespace nibble {
namespace {

struct Scratch {
  ScratchBuffer<float> gradients, states;
  ScratchBuffer<Fp16Code> results;
};
thread_local Scratch scratch;

class Fp16Columns {
 public:
  Fp16Columns(const ConvShape& conv, const GemmArithmetic& arithmetic)
      : conv_(conv),
        depthwise_(is_depthwise(conv)),
        kernels_(fp16_gemm_kernels()),
        shape_(padded_inputs(conv)),
        pixels_(conv.n * conv.p() * conv.q()),
        patch_(conv.r * conv.s * (conv.c / conv.groups)),
        columns_(ceil_div(conv.k, kernels_.vector_columns) * kernels_.vector_columns),
        panels_(cut_panels(kernels_, conv.k, depthwise_ ? 1 : kernels_.panel_vectors)) {
    block_ = std::min(pixels_, std::int64_t{kChunksPerGroup} * arithmetic.chunk_len);
    slots_ = std::min(conv.n, (block_ - 1) / (conv.p() * conv.q()) + 2);
    product_.chunk_len = arithmetic.chunk_len;
    product_.grouped = arithmetic.accumulator == AccumulatorType::fp16x2;
    product_.b_stride = columns_;
    const std::int64_t row = shape_.row_elements(), run = conv.s * conv.c;
    const std::int64_t step = depthwise_ ? conv.c : 1;  // a tap or an element is one row
    for (std::int64_t i = 0; i < ceil_div(patch_, kFp16TileRows) * kFp16TileRows; ++i) {
      const std::int64_t element = std::min(i, patch_ - 1) * step;
      row_offsets_.push_back(static_cast<std::int32_t>(element / run * row + element % run));
    }
    k_offsets_.resize(static_cast<std::size_t>(block_));
    gradients_ = scratch.gradients.get(block_ * columns_);
    std::fill_n(gradients_, block_ * columns_, 0.0F);
    const auto states = static_cast<std::int64_t>(row_offsets_.size()) * columns_;
    states_ = scratch.states.get(states);
    std::fill_n(states_, states, 0.0F);
  }

  void run(Fp16Operand& dy, Fp16Operand& x, float scale, Fp16Code* dweights) {
    UnpackedImages images(shape_, slots_, conv_.r, conv_.stride, conv_.padding);
    images_ = images.data();
    const std::int64_t image = conv_.h * conv_.w * conv_.c;
    std::int64_t unpacked = 0;
    Fp16Extent x_extent, dy_extent;  // of all so far: their sums are in the accumulators
    for (std::int64_t first = 0; first < pixels_; first += block_) {
      product_.codes = std::min(block_, pixels_ - first);
      const std::int64_t needed = (first + product_.codes - 1) / (conv_.p() * conv_.q()) + 1;
      for (; unpacked < needed; ++unpacked) {
        images.fill(x.read(unpacked * image, image), unpacked % slots_, x_extent);
      }
      unpack_gradients(dy.read(first * conv_.k, product_.codes * conv_.k), dy_extent);
      find_pixels(first);
      product_.range = dy.is_nibble() ? Fp16SumRange::exact_chunks
                                      : fp16_sum_range(pixels_, x_extent, dy_extent);
      multiply();
    }
    store(dweights);
    if (scale == 1.0F) return;
    const Binary32Mode usual(Binary32Rounding::nearest);
    scale_codes(dweights, static_cast<std::size_t>(patch_ * conv_.k), scale, dweights);
  }

 private:
  void unpack_gradients(const Fp16Code* dy, Fp16Extent& extent) {
    const std::int64_t rows = columns_ == conv_.k ? 1 : product_.codes;
    const std::int64_t count = product_.codes * conv_.k / rows;
    for (std::int64_t row = 0; row < rows; ++row) {
      kernels_.unpack_stationary(dy + row * count, count, gradients_ + row * columns_);
    }
    extent = merged(extent, fp16_extent(dy, product_.codes * conv_.k));
  }

  /// Where the patch of each pixel of this block begins.
  void find_pixels(std::int64_t first) {
    const std::int64_t q_size = conv_.q(), image_pixels = conv_.p() * q_size;
    for (std::int64_t i = 0; i < product_.codes;) {
      const std::int64_t pixel = first + i;
      const std::int64_t p = pixel % image_pixels / q_size, q_first = pixel % q_size;
      const std::int64_t q_end = std::min(q_size, q_first + product_.codes - i);
      const std::int64_t row = pixel / image_pixels % slots_ * shape_.height + p * conv_.stride;
      for (std::int64_t q = q_first; q < q_end; ++q, ++i) {
        k_offsets_[static_cast<std::size_t>(i)] =
            static_cast<std::int32_t>(row * shape_.row_elements() + q * conv_.stride * conv_.c);
      }
    }
  }

  void multiply() {
    product_.k_offsets = k_offsets_.data();
    for (std::int64_t row = 0; row < patch_; row += kFp16TileRows) {
      product_.row_offsets = row_offsets_.data() + row;
      for (const Fp16Panel& panel : panels_) {
        product_.b = gradients_ + panel.n;
        product_.state = state_of(row, panel);
        product_.a = images_ + (depthwise_ ? panel.n : 0);
        if (depthwise_) {
          kernels_.multiply_channels(product_);
        } else {
          kernels_.multiply(product_, panel.vectors);
        }
      }
    }
  }

  [[nodiscard]] float* state_of(std::int64_t row, const Fp16Panel& panel) const {
    return states_ + row * columns_ + panel.n * kFp16TileRows;
  }

  /// The states are [R*S*C, K]; dW is [K, R*S*C].
  void store(Fp16Code* dweights) const {
    Fp16Code* codes = scratch.results.get(kFp16TileRows * conv_.k);
    for (std::int64_t row = 0; row < patch_; row += kFp16TileRows) {
      const std::int64_t rows = std::min<std::int64_t>(kFp16TileRows, patch_ - row);
      for (const Fp16Panel& panel : panels_) {
        kernels_.store(state_of(row, panel), static_cast<int>(rows),
                       panel.vectors * kernels_.vector_columns, panel.columns, conv_.k,
                       codes + panel.n);
      }
      for (std::int64_t k = 0; k < conv_.k; ++k) {
        for (std::int64_t i = 0; i < rows; ++i) {
          dweights[k * patch_ + row + i] = codes[i * conv_.k + k];
        }
      }
    }
  }

  ConvShape conv_;
  bool depthwise_;
  const Fp16GemmKernels& kernels_;
  PaddedShape shape_;
  std::int64_t pixels_;
  std::int64_t patch_, columns_;  // R*S*C of a group; K in whole vectors
  const float* images_ = nullptr;
  std::vector<Fp16Panel> panels_;
  std::int64_t block_ = 0;  // pixels of a group of chunks
  std::int64_t slots_ = 0;  // unpacked images that are kept
  std::vector<std::int32_t> row_offsets_, k_offsets_;
  float* gradients_ = nullptr;
  float* states_ = nullptr;
  Fp16TileProduct product_;
};

}  // namespace

void packed_fp16_columns(const ConvShape& conv, const GemmArithmetic& arithmetic, Fp16Operand dy,
                         Fp16Operand x, float scale, Fp16Code* dweights) {
  Fp16Columns(conv, arithmetic).run(dy, x, scale, dweights);
}

}  // namespace nibble
