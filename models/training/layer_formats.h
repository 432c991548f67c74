// What the three GEMMs of a trained layer multiply.
#pragma once

#include "models/layers/gemm_call.h"
#include "models/training/training_recipe.h"

namespace nibble {

struct LayerFormats {
  GemmOperands forward = GemmOperands::fp16;
  GemmOperands dgrad = GemmOperands::fp16;
  GemmOperands wgrad = GemmOperands::fp16;
  [[nodiscard]] GemmOperands of(GemmPass pass) const {
    return pass == GemmPass::forward ? forward : pass == GemmPass::dgrad ? dgrad : wgrad;
  }
  /// Whether operands other than gradients come as codes of 4-bit integers, for all three GEMMs:
  /// these are exact in fp16 and fp8 too.
  [[nodiscard]] bool takes_codes() const { return forward == GemmOperands::nibble; }
};

/// A recipe with blocks has them in the place of all 4-bit GEMMs.
[[nodiscard]] inline LayerFormats layer_formats(LayerPrecision precision,
                                                const TrainingRecipe& recipe) {
  const auto operands = [&](GemmPass pass) {
    return gemm_operands(precision, pass, recipe.blocks.has_value());
  };
  return {operands(GemmPass::forward), operands(GemmPass::dgrad), operands(GemmPass::wgrad)};
}

}  // namespace nibble
