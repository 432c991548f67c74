// The clip of a pact_signed layer, forward and backward, on fp16 codes; its s4 codes are made by
// models/quantize/signed_pact.h. Arrays may not overlap.
#pragma once

#include <cstdint>

#include "models/formats/fp16.h"
#include "models/layers/sequence_elementwise_norm.h"

namespace nibble {

/// y = fp16(x clipped to [-alpha, alpha]); NaN-infinity is clipped by its sign bit.
void signed_clip(const Fp16Code* x, std::int64_t count, float alpha, Fp16Code* y);

/// dx = dy where -alpha < x < alpha, else +0. Returns alpha's gradient: the sum of dy where
/// x >= alpha or x is NaN-infinity, minus that where x <= -alpha or x is a negative NaN-infinity;
/// in binary32, the channels of a row in the order of sequence_elementwise_sums.h, then the rows.
[[nodiscard]] float signed_clip_backward(const Fp16Code* x, const Fp16Code* dy,
                                         const RowShape& shape, float alpha, Fp16Code* dx);

}  // namespace nibble
