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

/// What is multiplied, and for whom. With int4_fp4 A and B are NibbleCode arrays; with fp16 they
/// are Fp16Code arrays and `arithmetic` says only chunk_len and accumulator.
struct GemmCall {
  std::string layer;  // for messages and per-layer counts
  LayerPrecision precision = LayerPrecision::int4_fp4;
  GemmShape shape;
  GemmArithmetic arithmetic;
};

/// A [M,K], B [K,N], C [M,N] of one group of channels, row-major. C is the accumulator's fp16 code,
/// without any real scale.
using GemmFunction =
    std::function<void(const GemmCall&, const void* a, const void* b, Fp16Code* c)>;

/// models/gemm: the fast implementation, and the one that reads like the specification. They throw
/// std::invalid_argument "layer NAME: ..." on precisions other than int4_fp4 and fp16.
void fast_gemm(const GemmCall& call, const void* a, const void* b, Fp16Code* c);
void slow_gemm(const GemmCall& call, const void* a, const void* b, Fp16Code* c);

}  // namespace nibble
