// A convolution's three GEMMs: which tensor element stands at A[m,k] and B[k,n], in the order of k
// that NUMERICS section 2 fixes. One home for that order: trainer, chip and tests all use it.
// A linear layer is the convolution with H = W = R = S = 1. With `groups` G > 1 (grouped and
// depthwise convolutions, attention products) every GEMM below is G GEMMs of C/G and K/G channels
// that share nothing; shapes are those of one group, operands are stacked [G,M,K], [G,K,N],
// [G,M,N].
//
// Layouts (slowest first): X [N,H,W,C]  W [K,R,S,C]  Y and dY [N,P,Q,K]  dX [N,H,W,C]  dW [K,R,S,C]
// (W and dW are [K,R,S,C/G]). With G = 1:
//
//   forward  A = im2col(X)   [N*P*Q, R*S*C]        B = W^T          [R*S*C, K]
//   dgrad    A = im2col(dY)  [pixels of a phase, taps*K]   B = W     [taps*K, C]
//            with stride s there are s*s GEMMs, one an output phase (h mod s, w mod s), each with
//            only the taps that meet that phase (possibly none: then dX of the phase is zero)
//   wgrad    A = dY^T        [K, N*P*Q]            B = im2col(X)    [N*P*Q, R*S*C]
#pragma once

#include <cstdint>
#include <vector>

#include "models/gemm/gemm.h"

namespace nibble {

struct ConvShape {
  std::int64_t n = 0, c = 0, h = 0, w = 0;  // input
  std::int64_t k = 0, r = 0, s = 0;         // filters
  std::int64_t stride = 1, padding = 0;
  std::int64_t groups = 1;  // c and k are totals over the groups, which divide both
  [[nodiscard]] std::int64_t p() const { return (h + 2 * padding - r) / stride + 1; }
  [[nodiscard]] std::int64_t q() const { return (w + 2 * padding - s) / stride + 1; }
  [[nodiscard]] std::int64_t macs() const { return n * p() * q() * k * r * s * (c / groups); }
};

/// [rows, in] x [in, out], the convolution of one pixel a row: weights are [out, in].
[[nodiscard]] ConvShape matrix_shape(std::int64_t rows, std::int64_t in, std::int64_t out);

enum class GemmPass : std::uint8_t { forward, dgrad, wgrad };

/// One GEMM of a pass. For dgrad with stride s: phase_h, phase_w in [0, s).
struct LoweredGemm {
  GemmPass pass = GemmPass::forward;
  ConvShape conv;
  std::int64_t phase_h = 0, phase_w = 0;
  GemmShape shape;  // of one group
  [[nodiscard]] std::int64_t macs() const { return conv.groups * shape.macs(); }
};

/// The GEMMs of a pass in order: one (of G groups), or for dgrad one an output phase, phase_h
/// slowest; phases without taps or without pixels are left out. Throws std::invalid_argument on a
/// shape with sizes below 1, a filter larger than the padded image, or groups that do not divide
/// the channels.
[[nodiscard]] std::vector<LoweredGemm> lower_conv(const ConvShape& conv, GemmPass pass);

/// Fill A [G,M,K] and B [G,K,N] from tensors in the layouts above (W is [K,R,S,C/G]). Value =
/// NibbleCode or Fp16Code; padding is Value{0}. `streamed` is X for forward, dY otherwise;
/// `stationary` is W for forward and dgrad, X for wgrad. Instantiated for both types in
/// conv_lowering.cpp.
template <typename Value>
void gather_a(const LoweredGemm& gemm, const Value* streamed, Value* a);
template <typename Value>
void gather_b(const LoweredGemm& gemm, const Value* stationary, Value* b);

/// Put C [G,M,N] into the pass's result tensor (Y, dX or dW in the layouts above). A dgrad GEMM
/// writes only its phase's pixels: fill dX with zeros first if the pass has fewer than
/// stride*stride GEMMs.
template <typename Value>
void scatter_c(const LoweredGemm& gemm, const Value* c, Value* result);

/// Whether C already is the pass's result, element by element: scatter_c would only copy.
[[nodiscard]] bool result_is_c(const LoweredGemm& gemm);

}  // namespace nibble
