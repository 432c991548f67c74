#include "models/layers/packed_fp16_operand.h"

#include <algorithm>
#include <utility>

#include "models/gemm/binary32_mode.h"
#include "models/gemm/gemm_simd_scratch.h"

namespace nibble {
namespace {

constexpr std::int64_t kReadable = 16;  // a vector may begin at the last element

thread_local ScratchBuffer<float> image_memory;

}  // namespace

std::vector<Fp16Panel> cut_panels(const Fp16GemmKernels& kernels, std::int64_t columns,
                                  int most_vectors) {
  std::vector<Fp16Panel> panels;
  for (std::int64_t n = 0; n < columns;) {
    const std::int64_t left = ceil_div(columns - n, kernels.vector_columns);
    const auto vectors = static_cast<int>(std::min<std::int64_t>(left, most_vectors));
    const std::int64_t width = std::int64_t{vectors} * kernels.vector_columns;
    panels.push_back({n, vectors, static_cast<int>(std::min(width, columns - n))});
    n += width;
  }
  return panels;
}

UnpackedImages::UnpackedImages(const PaddedShape& shape, std::int64_t slots, std::int64_t r,
                               std::int64_t stride, std::int64_t padding)
    : shape_(shape),
      r_(r),
      stride_(stride),
      padding_(padding),
      memory_(image_memory.get(slots * shape.image_elements() + kReadable)) {
  std::fill_n(memory_, slots * shape.image_elements(), 0.0F);
}

void UnpackedImages::fill(const Fp16Code* image, std::int64_t slot, Fp16Extent& extent) {
  float* padded = memory_ + slot * shape_.image_elements() + shape_.top * shape_.row_elements() +
                  shape_.left * shape_.channels;
  const bool all_rows = r_ >= stride_;
  // Without columns of padding all rows are one.
  const std::int64_t rows = all_rows && shape_.width == shape_.w ? 1 : shape_.h;
  const std::int64_t count = shape_.h * shape_.w * shape_.channels / rows;
  for (std::int64_t row = 0; row < rows; ++row) {
    if (!all_rows && (row + padding_) % stride_ >= r_) continue;
    const Fp16Code* codes = image + row * count;
    fp16_gemm_kernels().unpack_stream(codes, count, padded + row * shape_.row_elements());
    extent = merged(extent, fp16_extent(codes, count));
  }
}

bool is_depthwise(const ConvShape& conv) {
  return conv.groups > 1 && conv.groups == conv.c && conv.groups == conv.k;
}

const Fp16Code* Fp16Operand::read(std::int64_t first, std::int64_t count) {
  if (!is_nibble()) return values_ + first;
  part_.resize(static_cast<std::size_t>(count));
  elements_.encode(codes_ + first, count, reinterpret_cast<std::uint8_t*>(part_.data()));
  return part_.data();
}

void run_fp16_pass(const ConvShape& conv, GemmPass pass, const GemmArithmetic& arithmetic,
                   Fp16Operand streamed, Fp16Operand stationary, float scale, Fp16Code* result) {
  const Binary32Mode truncate(Binary32Rounding::toward_zero);
  if (pass == GemmPass::wgrad) {
    packed_fp16_columns(conv, arithmetic, std::move(streamed), std::move(stationary), scale,
                        result);
  } else {
    packed_fp16_rows(conv, pass, arithmetic, std::move(streamed), std::move(stationary), scale,
                     result);
  }
}

}  // namespace nibble
