// What the three GEMMs of a trained layer multiply, and the arithmetic that they share.
#pragma once

#include "models/layers/gemm_call.h"

namespace nibble {

struct LayerFormats {
  GemmOperands forward = GemmOperands::fp16;
  GemmOperands dgrad = GemmOperands::fp16;
  GemmOperands wgrad = GemmOperands::fp16;
  [[nodiscard]] GemmOperands of(GemmPass pass) const {
    return pass == GemmPass::forward ? forward : pass == GemmPass::dgrad ? dgrad : wgrad;
  }
  /// Whether operands other than gradients come as codes of 4-bit integers.
  [[nodiscard]] bool takes_codes() const { return forward == GemmOperands::nibble; }
};

[[nodiscard]] inline LayerFormats layer_formats(LayerPrecision precision) {
  return {gemm_operands(precision, GemmPass::forward), gemm_operands(precision, GemmPass::dgrad),
          gemm_operands(precision, GemmPass::wgrad)};
}

struct LayerArithmetic {
  AccumulatorType accumulator = AccumulatorType::fp16x2;
  int chunk_len = kDefaultChunkLen;           // of nibble GEMMs
  int fp16_chunk_len = kDefaultFp16ChunkLen;  // of fp16 GEMMs
  [[nodiscard]] int chunk_len_of(GemmOperands operands) const {
    return operands == GemmOperands::nibble ? chunk_len : fp16_chunk_len;
  }
};

}  // namespace nibble
