// One pass of a convolution, whole: lower, gather, multiply, scatter. Used by inference, the
// trainer and the replay of a trace.
#pragma once

#include <vector>

#include "models/layers/conv_lowering.h"
#include "models/layers/gemm_call.h"

namespace nibble {

/// `arithmetic` with the operand formats of a pass over u4 activations, s4 weights and fp4
/// gradients (NUMERICS section 2).
[[nodiscard]] GemmArithmetic pass_arithmetic(GemmPass pass, GemmArithmetic arithmetic);

/// Number of results of a pass: the elements of Y, dX or dW.
[[nodiscard]] std::int64_t result_elements(const ConvShape& conv, GemmPass pass);

/// The pass's accumulators in the layout of its result tensor. Value = NibbleCode with nibble
/// and fp8 operands, one code a byte, Fp16Code with fp16 and block; `call` needs layer, operands
/// and arithmetic, its shape is set here. Rows of forward and dgrad are independent, so they are
/// gathered a few images at a time: the callback sees several GEMMs whose bits together are those
/// of the whole one, and one a group of channels.
template <typename Value>
[[nodiscard]] std::vector<Fp16Code> run_pass(const ConvShape& conv, GemmPass pass,
                                             const Value* streamed, const Value* stationary,
                                             GemmCall call, const GemmFunction& gemm);

}  // namespace nibble
