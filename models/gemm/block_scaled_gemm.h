// The GEMM of two block-scaled operands (models/formats/block_scaled.h, quantised by
// models/quantize/block_quantize.h), NUMERICS section 8: inside a block an exact integer sum, one
// binary32 addition a block.
//
// With S the sum over a block of products of units, s the scales of the block's row of A and column
// of B, in increasing k from acc = +0:  acc = acc + (s_a * s_b) * S;  and at the end
// C = acc * (t_a * t_b / 4)  with the tensor scales t. All of it is binary32, every operation
// rounded to nearest even. Operands quantised from fp16 have exact terms: only sums are rounded.
//
// Two implementations, equal bit for bit, though a NaN may have another payload.
#pragma once

#include "models/formats/block_scaled.h"

namespace nibble {

/// A [M,K] with axis k_last, B [K,N] with axis k_first, both of one format (else
/// std::invalid_argument). C: [M,N] binary32, row-major; the caller rounds it to fp16.
void block_scaled_gemm_reference(const BlockScaled& a, const BlockScaled& b, float* c);

/// SIMD, same contract, same bits, one thread. Picks the best instruction set at run time.
void block_scaled_gemm(const BlockScaled& a, const BlockScaled& b, float* c);

/// What both ask for first.
void check_block_scaled_gemm(const BlockScaled& a, const BlockScaled& b);

}  // namespace nibble
