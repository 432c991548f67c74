// Which bytes of its tensors a block of a lowered convolution reads, found by walking over every
// product of the block: the oracle for gemm_footprint, written from NUMERICS section 2 alone.
#pragma once

#include <vector>

#include "models/layers/conv_lowering.h"
#include "sim/base/units.h"

namespace nibble::test {

/// True for each byte that holds a part of an element that is read.
using TouchedBytes = std::vector<bool>;

/// Of the streamed tensor, elements of `bits` bits: A[m_begin..m_end, k_begin..k_end).
[[nodiscard]] TouchedBytes touched_streamed(const LoweredGemm& gemm, int bits, std::int64_t m_begin,
                                            std::int64_t m_end, std::int64_t k_begin,
                                            std::int64_t k_end);
/// Of the stationary tensor: B[k_begin..k_end, n_begin..n_end).
[[nodiscard]] TouchedBytes touched_stationary(const LoweredGemm& gemm, int bits,
                                              std::int64_t k_begin, std::int64_t k_end,
                                              std::int64_t n_begin, std::int64_t n_end);

}  // namespace nibble::test
