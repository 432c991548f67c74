// Pointwise SFU work of sequence networks, forward and backward, on fp16 codes; work is in
// binary32, each stored value is rounded once. Layer norm, softmax, the LSTM cell and embeddings
// have files of their own beside this one. Arrays may not overlap.
#pragma once

#include <cstdint>

#include "models/formats/fp16.h"
#include "models/quantize/random_bits.h"

namespace nibble {

/// y = fp16(x Phi(x)), the GELU of the error function.
void gelu(const Fp16Code* x, std::int64_t count, Fp16Code* y);

/// dx = fp16(dy * (Phi(x) + x density(x))).
void gelu_backward(const Fp16Code* x, const Fp16Code* dy, std::int64_t count, Fp16Code* dx);

/// Element i stays, scaled to y = fp16(x * (1 / (1 - rate))), where its random word is at least
/// rate * 2^32, else y = +0, even of NaN-infinity. The same stream applied to dy is the backward
/// pass. 0 <= rate < 1.
void dropout(const Fp16Code* x, std::int64_t count, double rate, const RandomStream& stream,
             Fp16Code* y);

/// y = fp16(y + bias[c]) over rows [rows, channels].
void add_bias(const float* bias, std::int64_t rows, std::int64_t channels, Fp16Code* y);

/// dbias[c] += sum of dy over the rows, in the order of sum_rows (sequence_elementwise_sums.h).
void bias_gradient(const Fp16Code* dy, std::int64_t rows, std::int64_t channels, float* dbias);

}  // namespace nibble
