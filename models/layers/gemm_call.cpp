#include "models/layers/gemm_call.h"

#include <stdexcept>

#include "models/layers/layer_fault.h"

namespace nibble {
namespace {

/// Anything else taken for fp16 would yield numbers too, wrong ones.
bool is_nibble(const GemmCall& call) {
  if (call.operands == GemmOperands::fp8) refuse_layer(call.layer, "fp8 has no GEMM with values");
  return call.operands == GemmOperands::nibble;
}

}  // namespace

GemmOperands gemm_operands(LayerPrecision precision, GemmPass pass) {
  using Operands = GemmOperands;
  const auto choose = [&](Operands forward, Operands dgrad, Operands wgrad) {
    return pass == GemmPass::forward ? forward : pass == GemmPass::dgrad ? dgrad : wgrad;
  };
  switch (precision) {
    case LayerPrecision::int4_fp4:
      return Operands::nibble;
    case LayerPrecision::fp16:
      return Operands::fp16;
    case LayerPrecision::fp8:
      return Operands::fp8;
    case LayerPrecision::int4_fp8:
      return choose(Operands::nibble, Operands::fp8, Operands::fp8);
    case LayerPrecision::int4_fp16:
      return choose(Operands::nibble, Operands::fp16, Operands::fp16);
    case LayerPrecision::int4_fp4_dw_fp8:
      return choose(Operands::nibble, Operands::nibble, Operands::fp8);
  }
  throw std::logic_error("unknown precision");
}

void fast_gemm(const GemmCall& call, const void* a, const void* b, Fp16Code* c) {
  if (is_nibble(call)) {
    gemm(call.shape, call.arithmetic, static_cast<const NibbleCode*>(a),
         static_cast<const NibbleCode*>(b), c);
  } else {
    fp16_gemm(call.shape, call.arithmetic.accumulator, call.arithmetic.chunk_len,
              static_cast<const Fp16Code*>(a), static_cast<const Fp16Code*>(b), c);
  }
}

void slow_gemm(const GemmCall& call, const void* a, const void* b, Fp16Code* c) {
  if (is_nibble(call)) {
    gemm_reference(call.shape, call.arithmetic, static_cast<const NibbleCode*>(a),
                   static_cast<const NibbleCode*>(b), c);
  } else {
    fp16_gemm_reference(call.shape, call.arithmetic.accumulator, call.arithmetic.chunk_len,
                        static_cast<const Fp16Code*>(a), static_cast<const Fp16Code*>(b), c);
  }
}

}  // namespace nibble
