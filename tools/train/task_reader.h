// configs/tasks/*.yaml -> TrainingTask and the network it trains. The keys are explained in the
// task files themselves.
#pragma once

#include <string>
#include <vector>

#include "models/layers/network.h"
#include "models/training/training_task.h"
#include "sim/config/yaml_document.h"

namespace nibble {

struct TaskFile {
  TrainingTask task;
  Network network;  // shapes filled in
};

/// `overrides` under `network_file.` change the network's file, the others the task's. Throws
/// BadInput.
/// `recipe` is a name or a path (recipe_path()); overrides under `recipe_file.` change its file. It
/// has been put into the task and the network.
[[nodiscard]] TaskFile read_task(const std::string& path,
                                 const std::vector<YamlOverride>& overrides,
                                 const std::string& recipe = "int4_fp4");

}  // namespace nibble
