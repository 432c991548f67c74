// configs/recipes/*.yaml -> TrainingRecipe, and what else a recipe changes: rules of the network's
// precision policy and the task's settings of PACT. configs/recipes/README.md explains the keys.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/training/training_task.h"
#include "sim/config/network_precision.h"
#include "sim/config/yaml_document.h"
#include "tools/train/pact_reader.h"

namespace nibble {

/// The recipe of the last steps, which stands in a file of its own.
struct RecipeFinish {
  double share = 0;  // of all steps
  TrainingRecipe recipe;
  std::string text;
  std::optional<PrecisionPolicy> precision;
};

struct RecipeFile {
  TrainingRecipe recipe;
  std::string text;  // with what was changed of it
  std::optional<PrecisionPolicy> precision;
  std::optional<RecipeFinish> finish;
  PactChanges pact;
  /// Puts all but precision policies and the finish into a task.
  void apply(TrainingTask& task) const;
};

/// Of a training of `task_file`, beside which recipe_path() looks for the finish. Changed by
/// `overrides` it is called by them too, "int4_fp4 (scaling=none)". Throws BadInput.
[[nodiscard]] RecipeFile read_recipe(const std::string& path, const std::string& task_file,
                                     const std::vector<YamlOverride>& overrides = {});

/// The file that a recipe's name means: a bare one is NAME.yaml in the folder `recipes` beside that
/// of `file`, or in configs/recipes if there is none, anything with a slash or a dot a path. Throws
/// BadInput, at `place` and with all names there are, if it is none of them.
[[nodiscard]] std::string recipe_path(const std::string& recipe, const std::string& file,
                                      const InputPlace& place, const std::string& key = {});

}  // namespace nibble
