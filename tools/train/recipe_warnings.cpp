#include "tools/train/recipe_warnings.h"

#include <algorithm>

#include "models/training/layer_formats.h"

namespace nibble {
namespace {

bool same_precisions(const Network& a, const Network& b) {
  return std::equal(a.layers.begin(), a.layers.end(), b.layers.begin(),
                    [](const Layer& x, const Layer& y) { return x.precision == y.precision; });
}

/// Whether the formats of some layer that multiplies are such.
template <typename Matches>
bool some_layer(const Network& network, const TrainingRecipe& recipe, Matches matches) {
  return std::any_of(network.layers.begin(), network.layers.end(), [&](const Layer& layer) {
    return multiplies(layer) && matches(layer_formats(layer.precision, recipe));
  });
}

bool is_changed(const GradientCopy& copy, const GradientCopy& paper) {
  return copy.grid != paper.grid || copy.rounding != paper.rounding || copy.gain != paper.gain;
}

/// Of every gradient, so that their mean is either.
bool same_copies(const GradientCopy& a, const GradientCopy& b) {
  return a.grid == b.grid && a.rounding == b.rounding && a.rounding == GradientRounding::nearest;
}

bool is_quantised(GemmOperands operands) {
  return operands == GemmOperands::nibble || operands == GemmOperands::fp8;
}

}  // namespace

std::vector<std::string> recipe_warnings(const TrainingTask& task, const TrainingRecipe& recipe,
                                         const Network& network, const Network* plain) {
  std::vector<std::string> warnings;
  const auto warn = [&](const std::string& text) {
    warnings.push_back("recipe " + recipe.name + ": " + text);
  };
  const std::string& name = network.name;
  const auto some = [&](const auto& matches) { return some_layer(network, recipe, matches); };
  const GemmOperands nibble = GemmOperands::nibble;
  if (plain != nullptr && same_precisions(network, *plain)) {
    warn("its rules of precision change no layer of " + name);
  }
  const TrainingRecipe paper;
  const auto check_copy = [&](GemmPass pass, const char* word, const GradientCopy& copy,
                              const GradientCopy& its_paper) {
    if (recipe.correction == GradientCorrection::none && !is_changed(copy, its_paper)) return;
    if (some([&](const LayerFormats& formats) { return formats.of(pass) == nibble; })) return;
    warn(std::string("what it says of gradients in ") + word + " changes nothing: no layer of " +
         name + " multiplies 4-bit ones there");
  };
  check_copy(GemmPass::dgrad, "dgrad", recipe.dgrad, paper.dgrad);
  check_copy(GemmPass::wgrad, "wgrad", recipe.wgrad, paper.wgrad);
  if ((recipe.dgrad.both_phases || recipe.wgrad.both_phases) &&
      !some([&](const LayerFormats& formats) {
        return formats.dgrad == nibble && formats.wgrad == nibble;
      })) {
    warn("phases: both changes nothing: no layer of " + name +
         " multiplies 4-bit gradients in dgrad and wgrad");
  } else if ((recipe.dgrad.both_phases || recipe.wgrad.both_phases) &&
             same_copies(recipe.dgrad, recipe.wgrad)) {
    warn("phases: both changes nothing: both phases have the same levels, rounded to nearest");
  }
  const bool scales_layers =
      recipe.scaling == RecipeScaling::tensor_max || recipe.scaling == RecipeScaling::none;
  if (scales_layers && !some([&](const LayerFormats& formats) {
        return is_quantised(formats.dgrad) || is_quantised(formats.wgrad);
      })) {
    warn("its scaling changes nothing: no layer of " + name + " quantises gradients");
  }
  if (task.alpha_fit_every > 0 && task.alpha_learning_rate != TrainingTask().alpha_learning_rate) {
    warn("pact.learning_rate changes nothing beside pact.fit_every");
  }
  return warnings;
}

}  // namespace nibble
