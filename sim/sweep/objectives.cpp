#include "sim/sweep/objectives.h"

#include <iterator>
#include <optional>
#include <set>
#include <string>

#include "sim/sweep/constraints.h"
#include "sim/sweep/figures.h"

namespace nibble {
namespace {

/// Of an objective or a constraint whose figure no point has.
template <typename Named>
BadInput in_no_result(const std::string& what, const Named& named) {
  return {named.place, what, named.key + " is in none of the results, which are kept",
          "allowed are the numbers of points.csv"};
}

}  // namespace

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
    if (is_of_some_results(objective.key) || figure(result, objective.key)) continue;
    throw unknown_figure(objective.place, "objectives.key", objective.key, result);
  }
}

void check_figures(const Sweep& sweep, const PointDatabase& database) {
  std::set<std::string> missing;
  for (const Objective& objective : sweep.objectives) missing.insert(objective.key);
  for (const Constraint& constraint : sweep.constraints) {
    if (is_of_some_results(constraint.key)) missing.insert(constraint.key);
  }
  if (missing.empty()) return;
  Json first;
  database.for_each(Layers::skip, [&](const DesignPoint& point) {
    const Json& result = point.finished.result;
    if (!result.is_object()) return;
    if (first.is_null()) first = result;
    for (auto at = missing.begin(); at != missing.end();) {
      at = figure(result, *at) ? missing.erase(at) : std::next(at);
    }
  });
  if (first.is_null()) return;  // nothing that could have them
  check_objectives(sweep.objectives, first);
  for (const Objective& objective : sweep.objectives) {
    if (missing.count(objective.key) > 0) throw in_no_result("objectives.key", objective);
  }
  for (const Constraint& constraint : sweep.constraints) {
    if (missing.count(constraint.key) > 0) throw in_no_result("constraints.key", constraint);
  }
}

}  // namespace nibble
