// What the operands of an FP16 baseline GEMM say about all of its sums before any is computed, so
// that the kernels need not look for what cannot happen.
#pragma once

#include <cstdint>

#include "models/formats/fp16.h"
#include "models/gemm/fp16_gemm_simd_kernels.h"

namespace nibble {

/// What bounds the sums that an operand takes part in.
struct Fp16Extent {
  Fp16Code largest = 0;        // magnitude
  Fp16Code smallest = 0x7FFF;  // magnitude of what is not zero
  Fp16Code mantissas = 0;      // all of them, or-ed

  /// All values are multiples of 2^unit().
  [[nodiscard]] int unit() const {
    const int exponent = (smallest >> kFp16MantissaBits) - kFp16Bias;
    return exponent - kFp16MantissaBits + __builtin_ctz(mantissas | 1U << kFp16MantissaBits);
  }
};
[[nodiscard]] Fp16Extent fp16_extent(const Fp16Code* codes, std::int64_t count);
/// Of the elements of both.
[[nodiscard]] Fp16Extent merged(const Fp16Extent& a, const Fp16Extent& b);

/// Of sums of at most `k` products of an element of each operand, in any arrangement.
[[nodiscard]] Fp16SumRange fp16_sum_range(std::int64_t k, const Fp16Extent& a, const Fp16Extent& b);

}  // namespace nibble
