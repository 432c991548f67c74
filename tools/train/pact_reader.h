// The keys of a map `pact`: what a task says of PACT's alphas, and what a recipe changes of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "models/training/training_task.h"
#include "sim/config/yaml_reader.h"

namespace nibble {

/// The fields of TrainingTask that are called alpha_...; those that are there replace the task's.
struct PactChanges {
  std::optional<double> initial, decay, floor, learning_rate;
  std::optional<std::int64_t> fit_every;
  void apply(TrainingTask& task) const;
  /// Whether the key of that name is there.
  [[nodiscard]] bool has(const std::string& key) const;
};

/// `whole`: the keys that have no default must be there. Throws BadInput.
[[nodiscard]] PactChanges read_pact(const YamlMap& map, bool whole);

}  // namespace nibble
