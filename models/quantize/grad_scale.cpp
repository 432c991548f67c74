#include "models/quantize/grad_scale.h"

#include <cmath>

namespace nibble {

int grad_scale_vote(float max_abs, int gradscale) {
  if (!std::isfinite(max_abs)) return -1;
  if (max_abs == 0) return 0;
  const double scaled = std::ldexp(static_cast<double>(max_abs), gradscale);
  if (scaled > 64) return -1;
  return scaled > 32 ? 0 : 1;
}

int grad_scale_update(int gradscale, int vote_sum) {
  return gradscale + (vote_sum > 0 ? 1 : 0) - (vote_sum < 0 ? 1 : 0);
}

std::optional<int> grad_scale_initial(float max_abs) {
  if (!std::isfinite(max_abs) || max_abs == 0) return std::nullopt;
  int exponent = 0;
  // max|x| = fraction * 2^exponent with 1/2 <= fraction < 1; exactly 1/2 belongs to the interval
  // that ends at 64, not to the one that begins at 32.
  const float fraction = std::frexp(max_abs, &exponent);
  return (fraction == 0.5F ? 7 : 6) - exponent;
}

}  // namespace nibble
