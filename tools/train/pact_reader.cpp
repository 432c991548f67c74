#include "tools/train/pact_reader.h"

namespace nibble {
namespace {

constexpr double kLeastAlpha = 1e-3, kMostAlpha = 1e3, kMostRate = 1000;
constexpr std::int64_t kMostFitSteps = 1000000;

}  // namespace

PactChanges read_pact(const YamlMap& map, bool whole) {
  const auto number = [&](const char* key, double least, double most,
                          bool needed) -> std::optional<double> {
    if (!needed && !map.has(key)) return std::nullopt;
    return map.number(key, least, most);
  };
  PactChanges changes;
  changes.initial = number("initial", kLeastAlpha, kMostAlpha, whole);
  changes.decay = number("decay", 0, 1, whole);
  changes.floor = number("floor", kLeastAlpha, kMostAlpha, whole);
  changes.learning_rate = number("learning_rate", 0, kMostRate, false);
  if (map.has("fit_every")) changes.fit_every = map.integer("fit_every", 0, kMostFitSteps);
  return changes;
}

bool PactChanges::has(const std::string& key) const {
  return (key == "initial" && initial) || (key == "decay" && decay) || (key == "floor" && floor) ||
         (key == "learning_rate" && learning_rate) || (key == "fit_every" && fit_every);
}

void PactChanges::apply(TrainingTask& task) const {
  task.alpha_initial = initial.value_or(task.alpha_initial);
  task.alpha_decay = decay.value_or(task.alpha_decay);
  task.alpha_floor = floor.value_or(task.alpha_floor);
  task.alpha_learning_rate = learning_rate.value_or(task.alpha_learning_rate);
  task.alpha_fit_every = fit_every.value_or(task.alpha_fit_every);
}

}  // namespace nibble
