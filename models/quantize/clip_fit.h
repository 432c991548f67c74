// Where to clip a tensor before it becomes 4 bits, by the tensor itself: a small alpha loses the
// large values, a large one the small ones between its wide steps.
#pragma once

#include <cstddef>

#include "models/formats/fp16.h"

namespace nibble {

/// u4: 15 steps from 0 to alpha, negative values are 0. s4: 7 steps to either side.
enum class ClipCodes : unsigned char { u4, s4 };

/// Of the alphas largest * 2^(-i/4), i = 0..40, the one with which x[0..count) has the least sum of
/// squared errors as codes, the largest such; `largest` is the greatest magnitude, of u4 the
/// greatest value. NaN-infinity is left out. 0 if nothing is left that is not 0. Steps are exact
/// quotients here, not the quantisers' fp16 reciprocals: the two differ far less than neighbouring
/// alphas do.
[[nodiscard]] float fitted_alpha(const Fp16Code* x, std::size_t count, ClipCodes codes);

}  // namespace nibble
