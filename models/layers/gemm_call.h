// The seam between a network and whatever multiplies for it: a layer gathers its operands and
// calls a GemmFunction. The trainer passes models/gemm, the chip passes its Verilated tiles; as
// both obey NUMERICS section 2, the bits that come back are the same.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "models/formats/block_scaled.h"
#include "models/gemm/gemm.h"
#include "models/layers/network.h"
#include "models/quantize/random_bits.h"

namespace nibble {

/// Which numbers one GEMM multiplies. nibble: 4-bit integers and gradient grids. block: fp16 that
/// becomes block-scaled 4 bits along k (NUMERICS section 8).
enum class GemmOperands : std::uint8_t { nibble, fp16, fp8, block };

/// What each of a layer's GEMMs multiplies: the table behind LayerPrecision.
/// With `blocks`, block-scaled operands stand in the place of all 4-bit ones.
[[nodiscard]] GemmOperands gemm_operands(LayerPrecision precision, GemmPass pass,
                                         bool blocks = false);

/// The arithmetic of a network's GEMMs.
struct LayerArithmetic {
  AccumulatorType accumulator = AccumulatorType::fp16x2;
  int chunk_len = kDefaultChunkLen;           // of nibble GEMMs
  int fp16_chunk_len = kDefaultFp16ChunkLen;  // of fp16 GEMMs

  /// An FP16 tile has twice the lanes for fp8. fp32 is an accumulator of nibble GEMMs only.
  [[nodiscard]] GemmArithmetic of(GemmOperands operands) const {
    GemmArithmetic result;
    result.accumulator = accumulator;
    result.chunk_len = chunk_len;
    if (operands == GemmOperands::nibble) return result;
    if (accumulator == AccumulatorType::fp32) result.accumulator = AccumulatorType::fp16x2;
    result.chunk_len =
        operands == GemmOperands::fp8 ? std::min(2 * fp16_chunk_len, kMaxChunkLen) : fp16_chunk_len;
    return result;
  }
};

/// What RandomStream::use tells apart within a layer and step. A tensor that is rounded part by
/// part, or as the operands of several GEMMs, adds kRandomUses for each part.
enum RandomUse : std::uint32_t { kUseDgrad, kUseWgrad, kUseHadamard, kUseDropout };
inline constexpr std::uint32_t kRandomUses = 8;

/// How the operands of a block GEMM are quantised; see BlockRecipe.
struct BlockQuantisation {
  BlockFormat format = BlockFormat::mxfp4;
  std::optional<RandomStream> rounding;  // of A, stochastically; else to nearest
  std::optional<RandomStream> hadamard;  // signs of both operands' rotation; else none
};

/// What is multiplied, and for whom. With nibble and fp8 A and B hold one code a byte, with fp16
/// and block they are Fp16Code arrays. `arithmetic` says which integers and grids nibble means, and
/// chunk_len and accumulator of all but block.
struct GemmCall {
  std::string layer;  // for messages and per-layer counts
  GemmOperands operands = GemmOperands::nibble;
  GemmShape shape;
  GemmArithmetic arithmetic;
  Fp8Operand fp8_a = Fp8Operand::e4m3b11, fp8_b = Fp8Operand::e4m3b11;
  BlockQuantisation block = {};
  std::uint32_t part = 0;  // which of a pass's GEMMs, groups counted; run_pass() sets it
};

/// A [M,K], B [K,N], C [M,N] of one group of channels, row-major. C is the accumulator's fp16 code,
/// without any real scale.
using GemmFunction =
    std::function<void(const GemmCall&, const void* a, const void* b, Fp16Code* c)>;

/// models/gemm: the fast implementation, and the one that reads like the specification. With
/// accumulator fp32, which nibble alone has, the sum is rounded to fp16 in the end.
void fast_gemm(const GemmCall& call, const void* a, const void* b, Fp16Code* c);
void slow_gemm(const GemmCall& call, const void* a, const void* b, Fp16Code* c);

}  // namespace nibble
