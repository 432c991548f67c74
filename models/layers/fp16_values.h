// Arrays of fp16 numbers held as binary32, the form in which the SFU's element-wise work computes
// (NUMERICS section 4), and their quantisers. An fp16 value is exact in binary32;
// NaN-infinity travels as a quiet NaN. These loops vectorise; fp16.h is the scalar definition they
// are tested against.
#pragma once

#include <cstddef>

#include "models/formats/fp16.h"
#include "models/formats/fp4.h"

namespace nibble {

/// x = fp16(x), one rounding each.
void fp16_round(float* x, std::size_t count);

/// Largest |x|, 0 of none; NaN if there is one.
[[nodiscard]] float max_magnitude(const float* x, std::size_t count);

/// y = fp16(value(code) * scale): a GEMM's accumulators to the tensor that is stored.
void scale_accumulators(const Fp16Code* accumulators, std::size_t count, float scale, float* y);

/// pact_quantize of each fp16 value; `reciprocal` from pact_reciprocal.
void pact_quantize_values(const float* x, std::size_t count, Fp16Code reciprocal,
                          NibbleCode* codes);

/// fp4_quantize (tie up) of each fp16 value times 2^gradscale, in both phases at once.
void fp4_quantize_values(const float* x, std::size_t count, int gradscale, NibbleCode* even,
                         NibbleCode* odd);

}  // namespace nibble
