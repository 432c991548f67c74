// configs/recipes/*.yaml -> TrainingRecipe, and what else a recipe changes: rules of the network's
// precision policy and the task's settings of PACT. configs/recipes/README.md explains the keys.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/training/training_task.h"
#include "sim/config/network_precision.h"
#include "sim/config/yaml_document.h"

namespace nibble {

/// The recipe of the last steps, which stands in a file of its own.
struct RecipeFinish {
  double share = 0;  // of all steps
  TrainingRecipe recipe;
  std::optional<PrecisionPolicy> precision;
};

struct RecipeFile {
  TrainingRecipe recipe;
  std::optional<PrecisionPolicy> precision;
  std::optional<RecipeFinish> finish;
  std::optional<double> alpha_initial, alpha_decay, alpha_floor, alpha_learning_rate;
  /// Puts all but precision policies and the finish into a task.
  void apply(TrainingTask& task) const;
};

/// Throws BadInput.
[[nodiscard]] RecipeFile read_recipe(const std::string& path,
                                     const std::vector<YamlOverride>& overrides = {});

/// The file that `--recipe` means: a bare name is NAME.yaml in the folder `recipes` beside that of
/// the task, anything with a slash or a dot a path.
[[nodiscard]] std::string recipe_path(const std::string& recipe, const std::string& task_file);

}  // namespace nibble
