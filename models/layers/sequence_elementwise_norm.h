// Layer normalisation over the channels of each position, forward and backward, on fp16 codes
// [rows, channels]; work is in binary32, sums in the order of sequence_elementwise_sums.h, each
// stored value is rounded once. A NaN-infinity makes its whole row NaN-infinity. Arrays may not
// overlap.
#pragma once

#include <cstdint>

#include "models/formats/fp16.h"

namespace nibble {

struct RowShape {
  std::int64_t rows = 0, channels = 0;
};

/// PyTorch's default; the layers of a network have no key for it.
inline constexpr float kLayerNormEpsilon = 1e-5F;

/// What the backward pass needs of each row: mean = sum(x) / channels and
/// inverse = 1 / sqrt(sum((x - mean)^2) / channels + epsilon), one rounding an operation.
struct RowStatistics {
  float mean = 0, inverse = 0;
};

/// y = fp16((x - mean) * inverse * gamma[c] + beta[c]), left to right; fills statistics[rows].
void layer_norm(const Fp16Code* x, const RowShape& shape, const float* gamma, const float* beta,
                float epsilon, RowStatistics* statistics, Fp16Code* y);

/// With t = (x - mean) * inverse and g = dy * gamma[c]:
/// dx = fp16(inverse * (g - sum(g) / channels - t * (sum(g * t) / channels))), sums over a row;
/// dgamma[c] += sum of dy * t, dbeta[c] += sum of dy over the rows.
void layer_norm_backward(const Fp16Code* x, const Fp16Code* dy, const RowShape& shape,
                         const RowStatistics* statistics, const float* gamma, Fp16Code* dx,
                         float* dgamma, float* dbeta);

}  // namespace nibble
