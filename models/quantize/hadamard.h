// The random Hadamard transform along k: each 16 consecutive k of an operand, with random signs,
// times the Hadamard matrix of size 16, over 4. The product of two operands so transformed is the
// one without, but outliers are spread over 16 elements before they are quantised. NUMERICS section
// 8 [NVFP4].
#pragma once

#include <cstdint>
#include <vector>

#include "models/formats/block_scaled.h"
#include "models/formats/fp16.h"
#include "models/quantize/random_bits.h"

namespace nibble {

inline constexpr int kHadamardSize = 16;

/// k rounded up to whole transforms: what x lacks counts as zero.
[[nodiscard]] constexpr std::int64_t hadamard_padded(std::int64_t k) {
  return (k + kHadamardSize - 1) / kHadamardSize * kHadamardSize;
}

/// x: [rows, columns] row-major; result: k_last: [rows, hadamard_padded(columns)], k_first:
/// [hadamard_padded(rows), columns], binary32. Element k of every transform is negated where bit 31
/// of random_word(signs, k mod 16) is set; both operands of a GEMM need the same `signs`.
void hadamard_transform(BlockAxis axis, std::int64_t rows, std::int64_t columns, const Fp16Code* x,
                        const RandomStream& signs, std::vector<float>& result);

}  // namespace nibble
