// How the layers of a network are trained: plain data, read from a file of configs/recipes, whose
// README explains the keys. What a layer multiplies at all is its precision; this is how gradients
// become 4 bits, and how they are scaled before.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "models/formats/names.h"
#include "models/quantize/block_quantize.h"
#include "models/quantize/gradient_correction.h"
#include "models/quantize/gradient_quantize.h"

namespace nibble {

/// nibble: NUMERICS' arithmetic for every layer, by the network's precision policy. fp32: the same
/// graph in plain libtorch with ReLU for PACT, for comparison.
enum class TrainingArithmetic : std::uint8_t { nibble, fp32 };

/// How gradients reach the range of their format. grad_scale: an exponent a layer, by its votes.
/// tensor_max: each tensor's largest magnitude becomes the highest level. global: one scale of the
/// loss for all, models/quantize/loss_scale.h. none: the task's constant scale of the loss alone.
enum class RecipeScaling : std::uint8_t { grad_scale, tensor_max, global, none };

// What files call them.
inline constexpr Named<TrainingArithmetic> kTrainingArithmeticNames[] = {
    {"nibble", TrainingArithmetic::nibble}, {"fp32", TrainingArithmetic::fp32}};
inline constexpr Named<RecipeScaling> kRecipeScalingNames[] = {
    {"gradscale", RecipeScaling::grad_scale},
    {"tensor_max", RecipeScaling::tensor_max},
    {"global", RecipeScaling::global},
    {"none", RecipeScaling::none}};
inline constexpr Named<GradientRounding> kGradientRoundingNames[] = {
    {"nearest", GradientRounding::nearest},
    {"stochastic", GradientRounding::stochastic},
    {"underflow", GradientRounding::underflow}};
inline constexpr Named<GradientCorrection> kGradientCorrectionNames[] = {
    {"none", GradientCorrection::none},
    {"magnitude", GradientCorrection::magnitude},
    {"projection", GradientCorrection::projection}};

/// The copy of a 4-bit layer's gradient that one GEMM multiplies.
struct GradientCopy {
  GradientGrid grid = GradientGrid::radix4_even;
  GradientRounding rounding = GradientRounding::nearest;
  float gain = 1.0F;  // the GEMM's result is multiplied by it
  /// The GEMM runs over the other GEMM's copy too, and its result is the mean of both.
  bool both_phases = false;
};

/// The default is the paper's: two-phase rounding of radix-4 FP4, GradScale.
struct TrainingRecipe {
  std::string name = "int4_fp4";
  TrainingArithmetic arithmetic = TrainingArithmetic::nibble;
  GradientCopy dgrad, wgrad{GradientGrid::radix4_odd};
  GradientCorrection correction = GradientCorrection::none;  // of both copies
  RecipeScaling scaling = RecipeScaling::grad_scale;
  /// 4-bit GEMMs multiply block-scaled operands instead.
  std::optional<BlockRecipe> blocks;
};

}  // namespace nibble
