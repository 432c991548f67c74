// Forward and dgrad of packed_fp16_pass(): rows are pixels, k are filter taps. The kernels find
// every element of A where it lies in an unpacked image, so nothing is gathered; some images at a
// time.
#include <algorithm>
#include <utility>
#include <vector>

#include "models/gemm/binary32_mode.h"
#include "models/gemm/gemm_simd_scratch.h"
#include "models/layers/fp16_values.h"
#include "models/layers/packed_fp16_operand.h"
#include "models/layers/run_pass.h"

namespace nibble {
namespace {

// Unpacked images of this size leave room in the second-level cache.
constexpr std::int64_t kImageBytes = 1 << 16;

struct Scratch {
  ScratchBuffer<float> state;
  ScratchBuffer<Fp16Code> weights;
};
thread_local Scratch scratch;

class Fp16Rows {
 public:
  Fp16Rows(const ConvShape& conv, GemmPass pass, const GemmArithmetic& arithmetic,
           const Fp16Code* weights, bool exact_chunks)
      : conv_(conv),
        depthwise_(is_depthwise(conv)),
        exact_chunks_(exact_chunks),
        pass_(pass),
        kernels_(fp16_gemm_kernels()),
        shape_(pass == GemmPass::forward ? padded_inputs(conv) : padded_gradients(conv)),
        weight_extent_(fp16_extent(weights, result_elements(conv, GemmPass::wgrad))) {
    const std::int64_t image_bytes =
        shape_.image_elements() * static_cast<std::int64_t>(sizeof(float));
    at_once_ = std::clamp<std::int64_t>(kImageBytes / image_bytes, 1, conv.n);
    product_.chunk_len = arithmetic.chunk_len;
    product_.grouped = arithmetic.accumulator == AccumulatorType::fp16x2;
    for (const LoweredGemm& gemm : lower_conv(conv, pass)) prepare(gemm, weights);
    const std::int64_t columns = kernels_.panel_vectors * std::int64_t{kernels_.vector_columns};
    state_ = scratch.state.get(kFp16TileRows * columns);
  }

  void run(Fp16Operand& streamed, float scale, Fp16Code* result) {
    const std::int64_t image = shape_.h * shape_.w * shape_.channels;
    const std::int64_t result_image = result_elements(conv_, pass_) / conv_.n;
    const bool forward = pass_ == GemmPass::forward;
    UnpackedImages images(shape_, at_once_, forward ? conv_.r : 1, forward ? conv_.stride : 1,
                          conv_.padding);
    images_ = images.data();
    for (std::int64_t n = 0; n < conv_.n; n += at_once_) {
      const std::int64_t count = std::min(at_once_, conv_.n - n);
      Fp16Extent extent;
      for (std::int64_t i = 0; i < count; ++i) {
        images.fill(streamed.read((n + i) * image, image), i, extent);
      }
      Fp16Code* results = result + n * result_image;
      if (!forward && static_cast<std::int64_t>(gemms_.size()) < conv_.stride * conv_.stride) {
        std::fill_n(results, count * result_image, Fp16Code{0});
      }
      for (const Gemm& gemm : gemms_) run_gemm(gemm, count, extent, results);
      if (scale == 1.0F) continue;
      const Binary32Mode usual(Binary32Rounding::nearest);
      const auto elements = static_cast<std::size_t>(count * result_image);
      scale_codes(results, elements, scale, results);
    }
  }

 private:
  struct Gemm {
    std::int64_t rows = 0;  // of an image
    std::vector<std::int32_t> k_offsets;
    RowOffsets offsets;
    std::vector<Fp16Panel> panels;
    hwy::AlignedFreeUniquePtr<float[]> weights;  // of the panels, one after the other
    [[nodiscard]] std::int64_t k() const { return static_cast<std::int64_t>(k_offsets.size()); }
  };

  void prepare(const LoweredGemm& lowered, const Fp16Code* weights) {
    Gemm gemm;
    const RowGrid grid = row_grid(lowered, shape_);
    gemm.rows = grid.rows * grid.columns;
    const std::int64_t step = depthwise_ ? shape_.channels : 1;  // a tap or an element is one k
    for (const ElementRun& run : grid.runs) {
      for (std::int64_t i = 0; i < run.count; i += step) {
        gemm.k_offsets.push_back(static_cast<std::int32_t>(run.source + i));
      }
    }
    list_rows(lowered, grid, shape_, at_once_, gemm.offsets);
    // A tile may begin at the last row.
    gemm.offsets.sources.resize(gemm.offsets.sources.size() + kFp16TileRows - 1,
                                gemm.offsets.sources.back());
    pack_weights(lowered, weights, gemm);
    gemms_.push_back(std::move(gemm));
  }

  /// B [k,n]; its columns are filters or, depthwise, channels.
  void pack_weights(const LoweredGemm& lowered, const Fp16Code* weights, Gemm& gemm) const {
    const std::int64_t k = gemm.k(), n = lowered.shape.n * conv_.groups;
    gemm.panels = cut_panels(kernels_, n, depthwise_ ? 1 : kernels_.panel_vectors);
    const std::int64_t vector = kernels_.vector_columns;
    gemm.weights =
        hwy::AllocateAligned<float>(static_cast<std::size_t>(ceil_div(n, vector) * vector * k));
    Fp16Code* gathered = scratch.weights.get(2 * k * n);
    gather_b(lowered, weights, gathered);
    Fp16Code* b = gathered;
    if (depthwise_) {  // one column of k a channel
      b += k * n;
      for (std::int64_t channel = 0; channel < n; ++channel) {
        for (std::int64_t tap = 0; tap < k; ++tap) b[tap * n + channel] = *gathered++;
      }
    }
    for (const Fp16Panel& panel : gemm.panels) {
      kernels_.pack_stationary(b + panel.n, n, k, k * n - panel.n, panel.vectors,
                               gemm.weights.get() + panel.n * k);
    }
  }

  void run_gemm(const Gemm& gemm, std::int64_t images, const Fp16Extent& extent,
                Fp16Code* results) {
    product_.range = exact_chunks_ ? Fp16SumRange::exact_chunks
                                   : fp16_sum_range(gemm.k(), extent, weight_extent_);
    const std::int64_t rows = images * gemm.rows;
    for (std::int64_t row = 0; row < rows; row += kFp16TileRows) {
      product_.row_offsets = gemm.offsets.sources.data() + row;
      const auto valid = static_cast<int>(std::min<std::int64_t>(kFp16TileRows, rows - row));
      for (const Fp16Panel& panel : gemm.panels) {
        multiply(gemm, panel);
        store(panel, valid, gemm.offsets.results.data() + row, results + panel.n);
      }
    }
  }

  void multiply(const Gemm& gemm, const Fp16Panel& panel) {
    product_.b_stride = std::int64_t{panel.vectors} * kernels_.vector_columns;
    product_.state = state_;
    std::fill_n(state_, kFp16TileRows * product_.b_stride, 0.0F);
    const std::int64_t block = std::int64_t{kChunksPerGroup} * product_.chunk_len;
    product_.a = images_ + (depthwise_ ? panel.n : 0);
    for (std::int64_t k = 0; k < gemm.k(); k += block) {
      product_.codes = std::min(block, gemm.k() - k);
      product_.k_offsets = gemm.k_offsets.data() + k;
      product_.b = gemm.weights.get() + panel.n * gemm.k() + k * product_.b_stride;
      if (depthwise_) {
        kernels_.multiply_channels(product_);
      } else {
        kernels_.multiply(product_, panel.vectors);
      }
    }
  }

  void store(const Fp16Panel& panel, int rows, const std::int32_t* offsets, Fp16Code* results) {
    const auto width = static_cast<int>(product_.b_stride);
    for (int row = 0; row < rows;) {
      // Rows that lie at one distance are stored together.
      const std::int32_t stride = row + 1 < rows ? offsets[row + 1] - offsets[row] : 0;
      int end = row + 1;
      while (end < rows && offsets[end] - offsets[end - 1] == stride) ++end;
      kernels_.store(state_ + row * width, end - row, width, panel.columns, stride,
                     results + offsets[row]);
      row = end;
    }
  }

  ConvShape conv_;
  bool depthwise_, exact_chunks_;
  GemmPass pass_;
  const Fp16GemmKernels& kernels_;
  PaddedShape shape_;
  Fp16Extent weight_extent_;
  const float* images_ = nullptr;
  std::int64_t at_once_ = 0;  // images that are unpacked together
  std::vector<Gemm> gemms_;
  Fp16TileProduct product_;
  float* state_ = nullptr;
};

}  // namespace

void packed_fp16_rows(const ConvShape& conv, GemmPass pass, const GemmArithmetic& arithmetic,
                      Fp16Operand streamed, Fp16Operand weights, float scale, Fp16Code* result) {
  const Fp16Code* all_weights = weights.read(0, result_elements(conv, GemmPass::wgrad));
  Fp16Rows(conv, pass, arithmetic, all_weights, streamed.is_nibble()).run(streamed, scale, result);
}

}  // namespace nibble
