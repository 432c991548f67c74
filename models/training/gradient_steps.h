// Which steps of a training have their gradients measured, by GradientStudy.
#pragma once

#include <cstdint>
#include <vector>

namespace nibble {

/// Which steps, 0 first; negative ones count from the end, -1 is the last. `every`: 0 and each
/// multiple of it; 0 is none.
struct GradientSteps {
  std::vector<std::int64_t> steps;
  std::int64_t every = 0;
  [[nodiscard]] bool empty() const { return steps.empty() && every == 0; }
};

}  // namespace nibble
