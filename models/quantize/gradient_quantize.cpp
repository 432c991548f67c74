#include "models/quantize/gradient_quantize.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "models/formats/vector_clones.h"

namespace nibble {

namespace {

constexpr std::size_t kLevels = 7;

/// A grid as binary32 numbers. Missing levels are infinite, so that nothing reaches them.
struct GridValues {
  float reached_from[kLevels];  // nearest: this and above is at least level i + 1
  float level[kLevels];         // value of level i + 1
  float gap[kLevels];           // from level i + 1 to the next; 0 from the highest
  float first_gap;              // from zero to the lowest
  float highest;
};

GridValues grid_values(GradientGrid grid) {
  const GradientLevels& levels = gradient_levels(grid);
  const auto unit = [&](double units) {
    return static_cast<float>(std::ldexp(units, levels.unit_exponent));
  };
  GridValues values{};
  for (int i = 0; i < static_cast<int>(kLevels); ++i) {
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

/// |x * factor|, at most the highest level; NaN is the highest level.
inline float clamped_magnitude(Fp16Code x, float factor, float highest) {
  const float magnitude = std::fabs(fp16_to_float(x) * factor);
  return magnitude < highest ? magnitude : highest;
}

inline NibbleCode with_sign(std::int32_t level, Fp16Code x) {
  return static_cast<NibbleCode>(level == 0 ? 0 : level | ((x >> 12) & 8));
}

inline NibbleCode nearest_code(const GridValues& grid, Fp16Code x, float factor) {
  const float magnitude = clamped_magnitude(x, factor, grid.highest);
  std::int32_t level = 0;
  for (const float threshold : grid.reached_from) level += magnitude >= threshold ? 1 : 0;
  return with_sign(level, x);
}

inline NibbleCode stochastic_code(const GridValues& grid, Fp16Code x, float factor,
                                  std::uint32_t random) {
  const float magnitude = clamped_magnitude(x, factor, grid.highest);
  std::int32_t level = 0;
  float below = 0;
  float gap = grid.first_gap;
  for (std::size_t i = 0; i < kLevels; ++i) {
    const bool reached = magnitude >= grid.level[i];
    level += reached ? 1 : 0;
    below = reached ? grid.level[i] : below;
    gap = reached ? grid.gap[i] : gap;
  }
  // Both sides are exact: the distance by Sterbenz' lemma or because `below` is a multiple of its
  // last place, the product because a gap has two significant bits.
  const float distance = (magnitude - below) * 4194304.0F;
  const auto draw = static_cast<float>(static_cast<std::int32_t>(random >> 10));
  level += draw * gap < distance ? 1 : 0;
  return with_sign(level, x);
}

NIBBLE_VECTOR_CLONES
void quantize_nearest(const GridValues& values, const Fp16Code* __restrict x, std::size_t count,
                      float factor, NibbleCode* __restrict codes) {
  const GridValues grid = values;
  for (std::size_t i = 0; i < count; ++i) codes[i] = nearest_code(grid, x[i], factor);
}

NIBBLE_VECTOR_CLONES
void quantize_stochastic(const GridValues& values, const Fp16Code* __restrict x, std::size_t count,
                         float factor, const std::uint32_t* __restrict words,
                         NibbleCode* __restrict codes) {
  const GridValues grid = values;
  for (std::size_t i = 0; i < count; ++i) codes[i] = stochastic_code(grid, x[i], factor, words[i]);
}

}  // namespace

float tensor_max_factor(GradientGrid grid, float largest) {
  if (!std::isfinite(largest) || largest == 0) return 1.0F;
  const float factor = grid_values(grid).highest / std::fabs(largest);
  return std::isfinite(factor) ? factor : 1.0F;
}

NibbleCode gradient_quantize(GradientGrid grid, GradientRounding rounding, Fp16Code x, float factor,
                             std::uint32_t random) {
  const GridValues values = grid_values(grid);
  return rounding == GradientRounding::nearest ? nearest_code(values, x, factor)
                                               : stochastic_code(values, x, factor, random);
}

void gradient_quantize(GradientGrid grid, GradientRounding rounding, const Fp16Code* x,
                       std::size_t count, float factor, const RandomStream& stream,
                       NibbleCode* codes) {
  const GridValues values = grid_values(grid);
  if (rounding == GradientRounding::nearest) {
    return quantize_nearest(values, x, count, factor, codes);
  }
  for (std::size_t begin = 0; begin < count; begin += kRandomRun) {
    std::uint32_t words[kRandomRun];
    random_words(stream, begin / kRandomRun, words);
    quantize_stochastic(values, x + begin, std::min(kRandomRun, count - begin), factor, words,
                        codes + begin);
  }
}

}  // namespace nibble
