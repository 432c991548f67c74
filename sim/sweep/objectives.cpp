#include "sim/sweep/objectives.h"

#include <optional>

#include "sim/config/nearest_word.h"
#include "sim/sweep/constraints.h"
#include "sim/sweep/figures.h"

namespace nibble {

std::vector<double> goals_of(const std::vector<Objective>& objectives, const Json& result) {
  std::vector<double> goals;
  for (const Objective& objective : objectives) {
    const std::optional<double> value = figure(result, objective.key);
    if (!value) return {};
    goals.push_back(objective.maximise ? *value : -*value);
  }
  return goals;
}

std::vector<double> goals_within(const Sweep& sweep, const Json& result) {
  if (violation(sweep.constraints, result) > 0) return {};  // as searches also simulate
  return goals_of(sweep.objectives, result);
}

void check_objectives(const std::vector<Objective>& objectives, const Json& result) {
  for (const Objective& objective : objectives) {
    if (figure(result, objective.key)) continue;
    throw BadInput(objective.place, "objectives.key",
                   unknown_fault("figure " + objective.key, objective.key, number_names(result)),
                   "allowed are the numbers of result.json");
  }
}

}  // namespace nibble
