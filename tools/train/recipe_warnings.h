// What a recipe says in vain of a network: its keys are right, but nothing there listens to them.
#pragma once

#include <string>
#include <vector>

#include "models/layers/network.h"
#include "models/training/training_task.h"

namespace nibble {

/// One line each. `recipe` trains `network`, shapes filled in; `plain` is the network without the
/// recipe's rules of precision, null if it has none.
[[nodiscard]] std::vector<std::string> recipe_warnings(const TrainingTask& task,
                                                       const TrainingRecipe& recipe,
                                                       const Network& network,
                                                       const Network* plain);

}  // namespace nibble
