// One loss scale for the whole network, as mixed-precision training has it: the alternative to a
// GradScale a layer. The loss is multiplied by 2^exponent before the backward pass; no layer scales
// further. A step whose gradients contain a NaN-infinity is skipped and halves the scale, a run of
// good steps doubles it.
#pragma once

namespace nibble {

/// ASSUMED: the numbers of APEX's dynamic loss scaler: 2^16 at first, doubled after 2,000 good
/// steps in a row, at most 2^24. Its floor is none; ours is 2^0, below which FP16 gains nothing.
struct LossScaleRule {
  int initial_exponent = 16;
  int growth_interval = 2000;
  int highest_exponent = 24;
  int lowest_exponent = 0;
};

struct LossScale {
  int exponent = 16;
  int good_steps = 0;  // since the last change
};

/// Where training begins.
[[nodiscard]] constexpr LossScale loss_scale_initial(const LossScaleRule& rule = {}) {
  return {rule.initial_exponent, 0};
}

/// The scale of the next step. `overflowed`: some gradient of this step was NaN-infinity, so its
/// update must be left out.
[[nodiscard]] constexpr LossScale loss_scale_update(LossScale scale, bool overflowed,
                                                    const LossScaleRule& rule = {}) {
  if (overflowed) {
    return {scale.exponent > rule.lowest_exponent ? scale.exponent - 1 : rule.lowest_exponent, 0};
  }
  if (scale.good_steps + 1 < rule.growth_interval) return {scale.exponent, scale.good_steps + 1};
  return {scale.exponent < rule.highest_exponent ? scale.exponent + 1 : rule.highest_exponent, 0};
}

}  // namespace nibble
