#include "models/quantize/gradient_quantize.h"

#include <algorithm>
#include <cmath>

#include "models/formats/vector_clones.h"
#include "models/quantize/gradient_rounding.h"

namespace nibble {

namespace {

/// |x * factor|, at most the highest level; NaN is the highest level.
inline float clamped_magnitude(Fp16Code x, float factor, float highest) {
  const float magnitude = std::fabs(fp16_to_float(x) * factor);
  return magnitude < highest ? magnitude : highest;
}

inline NibbleCode with_sign(std::int32_t level, Fp16Code x) {
  return static_cast<NibbleCode>(level == 0 ? 0 : level | ((x >> 12) & 8));
}

inline NibbleCode nearest_code(const GridValues& grid, Fp16Code x, float factor) {
  return with_sign(nearest_level(grid, clamped_magnitude(x, factor, grid.highest)), x);
}

inline NibbleCode stochastic_code(const GridValues& grid, Fp16Code x, float factor,
                                  std::uint32_t random) {
  return with_sign(stochastic_level(grid, clamped_magnitude(x, factor, grid.highest), random), x);
}

inline NibbleCode underflow_code(const GridValues& grid, Fp16Code x, float factor,
                                 std::uint32_t random) {
  return with_sign(underflow_level(grid, clamped_magnitude(x, factor, grid.highest), random), x);
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

NIBBLE_VECTOR_CLONES
void quantize_underflow(const GridValues& values, const Fp16Code* __restrict x, std::size_t count,
                        float factor, const std::uint32_t* __restrict words,
                        NibbleCode* __restrict codes) {
  const GridValues grid = values;
  for (std::size_t i = 0; i < count; ++i) codes[i] = underflow_code(grid, x[i], factor, words[i]);
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
  switch (rounding) {
    case GradientRounding::stochastic:
      return stochastic_code(values, x, factor, random);
    case GradientRounding::underflow:
      return underflow_code(values, x, factor, random);
    case GradientRounding::nearest:
      break;
  }
  return nearest_code(values, x, factor);
}

void gradient_quantize(GradientGrid grid, GradientRounding rounding, const Fp16Code* x,
                       std::size_t count, float factor, const RandomStream& stream,
                       NibbleCode* codes) {
  const GridValues values = grid_values(grid);
  if (rounding == GradientRounding::nearest) {
    return quantize_nearest(values, x, count, factor, codes);
  }
  const auto quantize =
      rounding == GradientRounding::stochastic ? quantize_stochastic : quantize_underflow;
  for (std::size_t begin = 0; begin < count; begin += kRandomRun) {
    std::uint32_t words[kRandomRun];
    random_words(stream, begin / kRandomRun, words);
    quantize(values, x + begin, std::min(kRandomRun, count - begin), factor, words, codes + begin);
  }
}

}  // namespace nibble
