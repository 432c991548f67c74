// What both kinds of packed_fp16_pass() do with operands: images become binary32 between zeros, the
// columns of the other operand are cut into panels.
#pragma once

#include <cstdint>
#include <vector>

#include "models/gemm/fp16_sum_range.h"
#include "models/layers/code_elements.h"
#include "models/layers/packed_geometry.h"

namespace nibble {

/// Columns of B side by side: some vectors of weights or of filters' gradients.
struct Fp16Panel {
  std::int64_t n = 0;
  int vectors = 0, columns = 0;  // columns that exist
};
[[nodiscard]] std::vector<Fp16Panel> cut_panels(const Fp16GemmKernels& kernels,
                                                std::int64_t columns, int most_vectors);

/// An operand as fp16 codes: they are, or 4-bit codes become them part by part.
class Fp16Operand {
 public:
  explicit Fp16Operand(const Fp16Code* values) : values_(values) {}
  /// `elements` are fp16.
  Fp16Operand(const NibbleCode* codes, const CodeElements& elements)
      : codes_(codes), elements_(elements) {}

  /// Elements [first, first + count), until the next call.
  [[nodiscard]] const Fp16Code* read(std::int64_t first, std::int64_t count);
  /// Whether the sums of a chunk are exact.
  [[nodiscard]] bool is_nibble() const { return codes_ != nullptr; }

 private:
  const Fp16Code* values_ = nullptr;
  const NibbleCode* codes_ = nullptr;
  CodeElements elements_;
  std::vector<Fp16Code> part_;
};

/// Each channel has a filter of its own; every other convolution of the passes below has one group.
[[nodiscard]] bool is_depthwise(const ConvShape& conv);

/// Images scaled as the kernels' streamed operand. One object a thread at a time.
class UnpackedImages {
 public:
  /// `slots` of them. Of each only the rows that a filter of `r` rows with this stride and padding
  /// meets.
  UnpackedImages(const PaddedShape& shape, std::int64_t slots, std::int64_t r, std::int64_t stride,
                 std::int64_t padding);

  /// Adds to `extent` what the image's values say about sums.
  void fill(const Fp16Code* image, std::int64_t slot, Fp16Extent& extent);
  [[nodiscard]] const float* data() const { return memory_; }

 private:
  PaddedShape shape_;
  std::int64_t r_, stride_, padding_;
  float* memory_;
};

/// Forward, dgrad or wgrad. `result` gets fp16(accumulator * scale).
void run_fp16_pass(const ConvShape& conv, GemmPass pass, const GemmArithmetic& arithmetic,
                   Fp16Operand streamed, Fp16Operand stationary, float scale, Fp16Code* result);

/// Its two kinds.
void packed_fp16_rows(const ConvShape& conv, GemmPass pass, const GemmArithmetic& arithmetic,
                      Fp16Operand streamed, Fp16Operand weights, float scale, Fp16Code* result);
void packed_fp16_columns(const ConvShape& conv, const GemmArithmetic& arithmetic, Fp16Operand dy,
                         Fp16Operand x, float scale, Fp16Code* dweights);

}  // namespace nibble
