// The SFU's forward work of image networks on fp16 codes: computed in binary32, stored with one
// rounding to fp16. Layout [pixels, channels], pixels = N*H*W. For inference; the trainer fuses the
// same stages (models/training/pointwise_arithmetic.h) and is tested against these.
// x and the result may be the same array unless said otherwise.
#pragma once

#include <cstdint>

#include "models/formats/fp16.h"
#include "models/layers/network.h"

namespace nibble {

/// z = fp16(x * scale[c] + shift[c]): one binary32 product, then one binary32 sum.
void batch_norm_apply(const Fp16Code* x, std::int64_t pixels, std::int64_t channels,
                      const float* scale, const float* shift, Fp16Code* z);

/// y = fp16(x clipped to [0, alpha]); NaN-infinity is clipped to alpha, or to 0 if negative.
void pact_clip(const Fp16Code* x, std::int64_t count, float alpha, Fp16Code* y);

/// y = x where x > 0, else +0; positive NaN-infinity stays.
void relu(const Fp16Code* x, std::int64_t count, Fp16Code* y);

/// y = fp16(a + b).
void residual_add(const Fp16Code* a, const Fp16Code* b, std::int64_t count, Fp16Code* y);

/// Mean over a sample's pixels: a binary32 sum in index order, one binary32 division, one rounding.
/// x [samples, pixels, channels], y [samples, channels]; not in place.
void global_avg_pool(const Fp16Code* x, std::int64_t samples, std::int64_t pixels,
                     std::int64_t channels, Fp16Code* y);

/// Largest value under a kernel x kernel window, NaN-infinity if there is one; x [N,H,W,C],
/// y [N,P,Q,C]; not in place. A padded pixel never wins.
void max_pool(const Fp16Code* x, std::int64_t samples, const Layer& layer, Fp16Code* y);

}  // namespace nibble
