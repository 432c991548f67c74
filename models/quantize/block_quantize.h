// fp16 codes or binary32 numbers to the block-scaled formats of models/formats/block_scaled.h:
// block scales from the largest magnitudes, elements to nearest even or stochastically; and the
// table of recipes that the trainer chooses from. NUMERICS section 8 [OCPMX, NVFP4]. The result is
// an operand of models/gemm/block_scaled_gemm.h. An array is quantised once for each GEMM that
// reads it, because forward, dgrad and wgrad cut blocks along different dimensions.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "models/formats/block_scaled.h"
#include "models/formats/fp16.h"
#include "models/quantize/random_bits.h"

namespace nibble {

/// One recipe: forward operands are always rounded to nearest.
struct BlockRecipe {
  std::string_view name;
  BlockFormat format;
  bool stochastic_gradients;  // dY, in dgrad and wgrad
  bool hadamard_wgrad;        // both operands of the wgrad, hadamard.h
};

inline constexpr std::array<BlockRecipe, 4> kBlockRecipes{{
    {"mxfp4", BlockFormat::mxfp4, false, false},
    {"mxfp4_stochastic", BlockFormat::mxfp4, true, false},
    {"nvfp4", BlockFormat::nvfp4, true, true},
    {"nvfp4_nearest", BlockFormat::nvfp4, false, false},
}};

/// The E2M1 code of x, to nearest even; beyond 6 saturates, NaN and what becomes zero are code 0.
[[nodiscard]] NibbleCode e2m1_from_float(float x);

/// x: [rows, columns], row-major; at least one element (else std::invalid_argument). `random`:
/// nullptr for rounding to nearest even, otherwise elements are rounded stochastically and element
/// i = row * columns + column takes random_word(*random, i). A block with an infinity or NaN gets
/// the NaN scale and codes 0. Vectors of `result` are reused.
void block_quantize(BlockFormat format, BlockAxis axis, std::int64_t rows, std::int64_t columns,
                    const Fp16Code* x, const RandomStream* random, BlockScaled& result);
void block_quantize(BlockFormat format, BlockAxis axis, std::int64_t rows, std::int64_t columns,
                    const float* x, const RandomStream* random, BlockScaled& result);

}  // namespace nibble
