// The seam between a network and whatever multiplies for it: a layer gathers its operands and
// calls a GemmFunction. The trainer passes models/gemm, the chip passes its Verilated tiles; as
// both obey NUMERICS section 2, the bits that come back are the same.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "models/gemm/gemm.h"
#include "models/layers/network.h"

namespace nibble {

/// Which numbers one GEMM multiplies. nibble: 4-bit integers and gradient grids.
enum class GemmOperands : std::uint8_t { nibble, fp16, fp8 };

/// What each of a layer's GEMMs multiplies: the table behind LayerPrecision.
[[nodiscard]] GemmOperands gemm_operands(LayerPrecision precision, GemmPass pass);

/// What is multiplied, and for whom. With nibble A and B are NibbleCode arrays; with fp16 they are
/// Fp16Code arrays and `arithmetic` says only chunk_len and accumulator.
struct GemmCall {
  std::string layer;  // for messages and per-layer counts
  GemmOperands operands = GemmOperands::nibble;
  GemmShape shape;
  GemmArithmetic arithmetic;
};

/// A [M,K], B [K,N], C [M,N] of one group of channels, row-major. C is the accumulator's fp16 code,
/// without any real scale.
using GemmFunction =
    std::function<void(const GemmCall&, const void* a, const void* b, Fp16Code* c)>;

/// models/gemm: the fast implementation, and the one that reads like the specification. They throw
/// std::invalid_argument "layer NAME: ..." on fp8.
void fast_gemm(const GemmCall& call, const void* a, const void* b, Fp16Code* c);
void slow_gemm(const GemmCall& call, const void* a, const void* b, Fp16Code* c);

}  // namespace nibble
