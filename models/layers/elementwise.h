// The SFU's forward work on fp16 tensors held as binary32 (fp16_values.h): computed in binary32,
// stored with one rounding to fp16. Layout [pixels, channels], pixels = N*H*W. Inference and the
// trainer share these, so a trained network infers what it was trained to do.
// x and the result may be the same array unless said otherwise.
#pragma once

#include <cstdint>

#include "models/layers/network.h"

namespace nibble {

/// z = fp16(x * scale[c] + shift[c]): one binary32 product, then one binary32 sum.
void batch_norm_apply(const float* x, std::int64_t pixels, std::int64_t channels,
                      const float* scale, const float* shift, float* z);

/// y = fp16(x clipped to [0, alpha]); NaN-infinity is clipped to alpha, or to 0 if negative.
void pact_clip(const float* x, std::int64_t count, float alpha, float* y);

/// y = x where x > 0, else +0; positive NaN-infinity stays.
void relu(const float* x, std::int64_t count, float* y);

/// y = fp16(a + b).
void residual_add(const float* a, const float* b, std::int64_t count, float* y);

/// y = fp16(x + bias[c]); x [rows, channels].
void bias_add(const float* x, std::int64_t rows, std::int64_t channels, const float* bias,
              float* y);

/// Mean over a sample's pixels: a binary32 sum in index order, one binary32 division, one rounding.
/// x [samples, pixels, channels], y [samples, channels]; not in place.
void global_avg_pool(const float* x, std::int64_t samples, std::int64_t pixels,
                     std::int64_t channels, float* y);

/// Largest value under a kernel x kernel window; x [N,H,W,C], y [N,P,Q,C]; not in place. A padded
/// pixel never wins.
void max_pool(const float* x, std::int64_t samples, const Layer& layer, float* y);

}  // namespace nibble
