// GradScale: the per-layer power-of-two loss scale, NUMERICS section 3 [SUN 3.2].
#pragma once

#include <optional>

namespace nibble {

/// Vote of one worker for max|x * 2^g|: +1 if max <= 32, 0 if 32 < max <= 64, -1 above. An all-zero
/// tensor votes 0. `max_abs` is max|x| unscaled; NaN or infinity votes -1.
[[nodiscard]] int grad_scale_vote(float max_abs, int gradscale);

/// g + sign(sum of votes).
[[nodiscard]] int grad_scale_update(int gradscale, int vote_sum);

/// The g that puts max|x| into (32, 64]; nothing for zero, NaN or infinity.
[[nodiscard]] std::optional<int> grad_scale_initial(float max_abs);

}  // namespace nibble
