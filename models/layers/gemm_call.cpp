#include "models/layers/gemm_call.h"

namespace nibble {

void fast_gemm(const GemmCall& call, const void* a, const void* b, Fp16Code* c) {
  if (call.precision == LayerPrecision::int4_fp4) {
    gemm(call.shape, call.arithmetic, static_cast<const NibbleCode*>(a),
         static_cast<const NibbleCode*>(b), c);
  } else {
    fp16_gemm(call.shape, call.arithmetic.accumulator, call.arithmetic.chunk_len,
              static_cast<const Fp16Code*>(a), static_cast<const Fp16Code*>(b), c);
  }
}

void slow_gemm(const GemmCall& call, const void* a, const void* b, Fp16Code* c) {
  if (call.precision == LayerPrecision::int4_fp4) {
    gemm_reference(call.shape, call.arithmetic, static_cast<const NibbleCode*>(a),
                   static_cast<const NibbleCode*>(b), c);
  } else {
    fp16_gemm_reference(call.shape, call.arithmetic.accumulator, call.arithmetic.chunk_len,
                        static_cast<const Fp16Code*>(a), static_cast<const Fp16Code*>(b), c);
  }
}

}  // namespace nibble
