// The readable block-scaled GEMM, the oracle of the fast one.
#include <algorithm>
#include <stdexcept>

#include "models/gemm/block_scaled_gemm.h"

namespace nibble {

namespace {

bool is_complete(const BlockScaled& operand) {
  const std::int64_t lines = operand.axis == BlockAxis::k_last ? operand.rows : operand.columns;
  return operand.rows >= 1 && operand.columns >= 1 &&
         operand.codes.size() == static_cast<std::size_t>(operand.rows * operand.columns) &&
         operand.scales.size() == static_cast<std::size_t>(lines * operand.blocks());
}

}  // namespace

void check_block_scaled_gemm(const BlockScaled& a, const BlockScaled& b) {
  if (a.axis != BlockAxis::k_last || b.axis != BlockAxis::k_first || a.columns != b.rows) {
    throw std::invalid_argument("block-scaled GEMM: A must be [M,K] and B [K,N], blocks along K");
  }
  if (a.format != b.format) {
    throw std::invalid_argument("block-scaled GEMM: both operands must have the same format");
  }
  if (!is_complete(a) || !is_complete(b)) {
    throw std::invalid_argument("block-scaled GEMM: an operand lacks codes or scales");
  }
}

void block_scaled_gemm_reference(const BlockScaled& a, const BlockScaled& b, float* c) {
  check_block_scaled_gemm(a, b);
  const BlockFormatRow& format = block_format(a.format);
  const float factor = a.tensor_scale * b.tensor_scale * 0.25F;
  for (std::int64_t m = 0; m < a.rows; ++m) {
    for (std::int64_t n = 0; n < b.columns; ++n) {
      float acc = 0;
      for (std::int64_t block = 0; block < a.blocks(); ++block) {
        const std::int64_t end = std::min((block + 1) * format.block_len, a.columns);
        int sum = 0;
        for (std::int64_t k = block * format.block_len; k < end; ++k) {
          sum += gradient_units(GradientGrid::e2m1, a.codes[m * a.columns + k]) *
                 gradient_units(GradientGrid::e2m1, b.codes[k * b.columns + n]);
        }
        const float scale = block_scale_value(format.scale, a.scales[m * a.blocks() + block]) *
                            block_scale_value(format.scale, b.scales[block * b.columns + n]);
        acc += scale * static_cast<float>(sum);
      }
      c[m * b.columns + n] = acc * factor;
    }
  }
}

}  // namespace nibble
