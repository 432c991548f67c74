// A whole pass of a convolution, as run_pass() with the fast GEMM gives it bit for bit, without
// matrices in memory: images are copied once, in the element of the micro-kernels and with their
// padding, and operands are packed from there in the order in which they are multiplied. Results
// are scaled and rounded on the way out. For the trainer, whose time this is.
//
//   forward, dgrad   packed_rows.cpp      rows are pixels, packed tile by tile; weights once
//   wgrad            packed_columns.cpp   some chunks of pixels at a time
//   fp16, depthwise  packed_fp16_*.cpp    A is not packed: its rows overlap in the images
#pragma once

#include "models/layers/conv_lowering.h"

namespace nibble {

/// Whether packed_pass() knows this convolution: one group or as many as channels, an fp16
/// accumulator, and a reduction that stays inside fp16's range (gemm_simd.cpp). run_pass() takes
/// the others.
[[nodiscard]] bool packed_pass_takes(const ConvShape& conv, GemmPass pass,
                                     const GemmArithmetic& arithmetic);

/// result = fp16(accumulator * scale) in the layout of the pass's result tensor: Y [N,P,Q,K],
/// dX [N,H,W,C] or dW [K,R,S,C]. `arithmetic` names the operands' formats; `streamed` is X or dY,
/// `stationary` W or X, one code a byte. One thread; several may call it at the same time.
void packed_pass(const ConvShape& conv, GemmPass pass, const GemmArithmetic& arithmetic,
                 const NibbleCode* streamed, const NibbleCode* stationary, float scale,
                 Fp16Code* result);

/// The same of fp16 codes and the FP16 baseline's arithmetic: `arithmetic` says chunk_len and
/// accumulator, which is not fp32; run_pass() takes other groups.
[[nodiscard]] bool packed_fp16_pass_takes(const ConvShape& conv, const GemmArithmetic& arithmetic);
void packed_fp16_pass(const ConvShape& conv, GemmPass pass, const GemmArithmetic& arithmetic,
                      const Fp16Code* streamed, const Fp16Code* stationary, float scale,
                      Fp16Code* result);

/// The two kinds of packed_pass(), for callers that have checked the pass.
void packed_rows(const ConvShape& conv, GemmPass pass, const GemmArithmetic& arithmetic,
                 const NibbleCode* streamed, const NibbleCode* weights, float scale,
                 Fp16Code* result);
void packed_columns(const ConvShape& conv, const GemmArithmetic& arithmetic, const NibbleCode* dy,
                    const NibbleCode* x, float scale, Fp16Code* dweights);

}  // namespace nibble
