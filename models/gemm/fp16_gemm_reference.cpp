// The FP16 baseline GEMM, NUMERICS section 2: a chain of fused multiply-adds inside a chunk, chunk
// results added as in the 4-bit GEMM. Oracle of the SIMD baseline and of the Verilated FP16 tile.
#include <algorithm>
#include <stdexcept>

#include "models/gemm/chunk_accumulator.h"
#include "models/gemm/gemm.h"

namespace nibble {

void fp16_gemm_reference(const GemmShape& shape, AccumulatorType accumulator, int chunk_len,
                         const Fp16Code* a, const Fp16Code* b, Fp16Code* c) {
  check_gemm(shape, chunk_len);
  if (accumulator == AccumulatorType::fp32) {
    throw std::invalid_argument("the FP16 baseline accumulates in fp16 or fp16x2, not fp32");
  }
  for (std::int64_t m = 0; m < shape.m; ++m) {
    for (std::int64_t n = 0; n < shape.n; ++n) {
      ChunkAccumulator result(accumulator);
      for (std::int64_t begin = 0; begin < shape.k; begin += chunk_len) {
        const std::int64_t end = std::min(begin + chunk_len, shape.k);
        Fp16Code chunk = 0;
        for (std::int64_t k = begin; k < end; ++k) {
          chunk = fp16_fma(a[m * shape.k + k], b[k * shape.n + n], chunk);
        }
        result.add(chunk);
      }
      c[m * shape.n + n] = result.finish();
    }
  }
}

}  // namespace nibble
