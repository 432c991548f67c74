#include "models/layers/gemm_call.h"

#include "models/layers/layer_fault.h"
#include "models/layers/layer_names.h"

namespace nibble {
namespace {

/// Anything else taken for fp16 would yield numbers too, wrong ones.
bool is_int4_fp4(const GemmCall& call) {
  if (call.precision == LayerPrecision::int4_fp4) return true;
  if (call.precision == LayerPrecision::fp16) return false;
  refuse_layer(call.layer, "precision " + std::string(layer_precision_name(call.precision)) +
                               " has no GEMM with values");
}

}  // namespace

void fast_gemm(const GemmCall& call, const void* a, const void* b, Fp16Code* c) {
  if (is_int4_fp4(call)) {
    gemm(call.shape, call.arithmetic, static_cast<const NibbleCode*>(a),
         static_cast<const NibbleCode*>(b), c);
  } else {
    fp16_gemm(call.shape, call.arithmetic.accumulator, call.arithmetic.chunk_len,
              static_cast<const Fp16Code*>(a), static_cast<const Fp16Code*>(b), c);
  }
}

void slow_gemm(const GemmCall& call, const void* a, const void* b, Fp16Code* c) {
  if (is_int4_fp4(call)) {
    gemm_reference(call.shape, call.arithmetic, static_cast<const NibbleCode*>(a),
                   static_cast<const NibbleCode*>(b), c);
  } else {
    fp16_gemm_reference(call.shape, call.arithmetic.accumulator, call.arithmetic.chunk_len,
                        static_cast<const Fp16Code*>(a), static_cast<const Fp16Code*>(b), c);
  }
}

}  // namespace nibble
