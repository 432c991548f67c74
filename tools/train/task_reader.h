// configs/tasks/*.yaml -> TrainingTask and the network it trains. The keys are explained in the
// task files themselves.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "models/layers/network.h"
#include "models/training/training_task.h"
#include "sim/config/yaml_document.h"

namespace nibble {

inline constexpr std::int64_t kMostEpochs = 1000000;
inline constexpr std::int64_t kLargestSeed = std::numeric_limits<std::int64_t>::max();  // a trace's

struct TaskFile {
  TrainingTask task;
  std::uint64_t seed = 1;
  Network network;  // shapes filled in
  /// Names and texts of the recipe and of its finish, as they can be read again.
  std::vector<std::pair<std::string, std::string>> recipes;
  std::vector<std::string> warnings;
};

/// `recipe` is a name or a path (recipe_path()); it changes the task and the network's precisions.
/// "" is the default recipe, of which a file is needed only if it is changed. `overrides` under
/// `network_file.` and `recipe_file.` change those files, the others the task's. Throws BadInput.
[[nodiscard]] TaskFile read_task(const std::string& path,
                                 const std::vector<YamlOverride>& overrides,
                                 const std::string& recipe = "");

}  // namespace nibble
