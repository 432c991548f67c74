// fp16 gradients to the codes of any grid of models/formats/gradient_grid.h, to the nearest level
// or stochastically, and the table of recipes that the trainer chooses from: which grid serves
// which GEMM, how it is rounded, how the tensor is scaled. NUMERICS section 7.
//
// Both phases of radix 4 to nearest with GradScale, the chip's own path, come of one pass of
// fp4_quantize.h, which gives the same codes faster.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "models/formats/fp16.h"
#include "models/formats/gradient_grid.h"
#include "models/quantize/random_bits.h"

namespace nibble {

/// nearest: ties go up in magnitude. stochastic: one of the two neighbouring levels, zero included,
/// with the probabilities whose mean is the value. underflow: stochastic below the lowest level, to
/// nearest from there on. Above the highest level all saturate.
enum class GradientRounding : std::uint8_t { nearest, stochastic, underflow };

/// grad_scale: times the layer's 2^g (grad_scale.h). tensor_max: the largest magnitude of the
/// tensor becomes the highest level.
enum class GradientScaling : std::uint8_t { grad_scale, tensor_max };

/// One recipe: `dgrad` and `wgrad` differ where two phases are used.
struct GradientFormat {
  std::string_view name;
  GradientGrid dgrad;
  GradientGrid wgrad;
  GradientRounding rounding;
  GradientScaling scaling;
};

inline constexpr std::array<GradientFormat, 11> kGradientFormats{{
    {"radix4_tpr", GradientGrid::radix4_even, GradientGrid::radix4_odd, GradientRounding::nearest,
     GradientScaling::grad_scale},
    {"radix4", GradientGrid::radix4_even, GradientGrid::radix4_even, GradientRounding::nearest,
     GradientScaling::grad_scale},
    {"radix4_tpr_stochastic", GradientGrid::radix4_even, GradientGrid::radix4_odd,
     GradientRounding::stochastic, GradientScaling::grad_scale},
    {"radix4_stochastic", GradientGrid::radix4_even, GradientGrid::radix4_even,
     GradientRounding::stochastic, GradientScaling::grad_scale},
    {"radix4_3bit_tpr", GradientGrid::radix4_3bit_even, GradientGrid::radix4_3bit_odd,
     GradientRounding::nearest, GradientScaling::grad_scale},
    {"radix4_3bit", GradientGrid::radix4_3bit_even, GradientGrid::radix4_3bit_even,
     GradientRounding::nearest, GradientScaling::grad_scale},
    {"radix4_2bit_tpr", GradientGrid::radix4_2bit_even, GradientGrid::radix4_2bit_odd,
     GradientRounding::nearest, GradientScaling::grad_scale},
    {"radix4_2bit", GradientGrid::radix4_2bit_even, GradientGrid::radix4_2bit_even,
     GradientRounding::nearest, GradientScaling::grad_scale},
    {"radix2", GradientGrid::radix2, GradientGrid::radix2, GradientRounding::nearest,
     GradientScaling::grad_scale},
    {"e2m1", GradientGrid::e2m1, GradientGrid::e2m1, GradientRounding::nearest,
     GradientScaling::tensor_max},
    {"luq", GradientGrid::radix2, GradientGrid::radix2, GradientRounding::stochastic,
     GradientScaling::tensor_max},
}};

/// The factor that makes `largest` the grid's highest level, one binary32 division; 1 if largest is
/// zero, not finite, or so small that the factor would not be finite. The GEMM's result is
/// multiplied by 1 / factor in binary32.
[[nodiscard]] float tensor_max_factor(GradientGrid grid, float largest);

/// The code of x * factor, one binary32 product. Stochastic rounding goes up from a level of
/// distance `gap` to the next if (random >> 10) * gap < distance * 2^22, all exact. NaN-infinity
/// saturates with its sign bit; what becomes zero is code 0.
[[nodiscard]] NibbleCode gradient_quantize(GradientGrid grid, GradientRounding rounding, Fp16Code x,
                                           float factor, std::uint32_t random);

/// Element by element; `stream` gives element i random_word(stream, i) and is not read with
/// nearest. The arrays may not overlap.
void gradient_quantize(GradientGrid grid, GradientRounding rounding, const Fp16Code* x,
                       std::size_t count, float factor, const RandomStream& stream,
                       NibbleCode* codes);

}  // namespace nibble
