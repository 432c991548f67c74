// One magnitude to one level of a grid, as the array quantisers of this folder have it in their
// loops; a form that vectorises. NUMERICS section 7.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "models/formats/gradient_grid.h"

namespace nibble {

inline constexpr std::size_t kHighestLevel = 7;

/// A grid as binary32 numbers. Missing levels are infinite, so that nothing reaches them.
struct GridValues {
  float reached_from[kHighestLevel];  // nearest: this and above is at least level i + 1
  float level[kHighestLevel];         // value of level i + 1
  float gap[kHighestLevel];           // from level i + 1 to the next; 0 from the highest
  float first_gap;                    // from zero to the lowest
  float highest;
};

[[nodiscard]] inline GridValues grid_values(GradientGrid grid) {
  const GradientLevels& levels = gradient_levels(grid);
  const auto unit = [&](double units) {
    return static_cast<float>(std::ldexp(units, levels.unit_exponent));
  };
  GridValues values{};
  for (int i = 0; i < static_cast<int>(kHighestLevel); ++i) {
    const bool exists = i < levels.levels;
    const double magnitude = levels.magnitude[i + 1];
    const double doubled =
        i == 0 ? levels.doubled_first_threshold : magnitude + levels.magnitude[i];
    values.reached_from[i] = exists ? unit(doubled / 2) : INFINITY;
    values.level[i] = exists ? unit(magnitude) : INFINITY;
    values.gap[i] = i + 1 < levels.levels ? unit(levels.magnitude[i + 2] - magnitude) : 0.0F;
  }
  values.first_gap = values.level[0];
  values.highest = unit(levels.magnitude[levels.levels]);
  return values;
}

/// Ties go up.
[[nodiscard]] inline std::int32_t nearest_level(const GridValues& grid, float magnitude) {
  std::int32_t level = 0;
  for (const float threshold : grid.reached_from) level += magnitude >= threshold ? 1 : 0;
  return level;
}

/// One of the two neighbouring levels, by 22 of the random bits. Precondition: at most the highest
/// level, or NaN, which is level 0.
[[nodiscard]] inline std::int32_t stochastic_level(const GridValues& grid, float magnitude,
                                                   std::uint32_t random) {
  std::int32_t level = 0;
  float below = 0;
  float gap = grid.first_gap;
  for (std::size_t i = 0; i < kHighestLevel; ++i) {
    const bool reached = magnitude >= grid.level[i];
    level += reached ? 1 : 0;
    below = reached ? grid.level[i] : below;
    gap = reached ? grid.gap[i] : gap;
  }
  // Both sides are exact: the distance by Sterbenz' lemma or because `below` is a multiple of its
  // last place, the product because a gap has two significant bits.
  const float distance = (magnitude - below) * 4194304.0F;
  const auto draw = static_cast<float>(static_cast<std::int32_t>(random >> 10));
  return level + (draw * gap < distance ? 1 : 0);
}

/// Stochastic below the lowest level, to nearest from there on: [LUQ]'s stochastic underflow.
[[nodiscard]] inline std::int32_t underflow_level(const GridValues& grid, float magnitude,
                                                  std::uint32_t random) {
  const std::int32_t below = stochastic_level(grid, magnitude, random);
  const std::int32_t above = nearest_level(grid, magnitude);
  return magnitude >= grid.level[0] ? above : below;
}

}  // namespace nibble
