#include "sim/sweep/constraints.h"

#include <cmath>
#include <limits>

#include "sim/config/nearest_word.h"
#include "sim/sweep/figures.h"

namespace nibble {
namespace {

double share_of(double distance, double bound) {
  return bound == 0 ? distance : distance / std::abs(bound);
}

double excess_of_result(const Constraint& constraint, const Json& result) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const double if_missing = is_of_some_results(constraint.key) ? kInfinity : 0;
  return excess(constraint, result).value_or(if_missing);
}

}  // namespace

std::optional<double> excess(const Constraint& constraint, const Json& figures) {
  const std::optional<double> value = figure(figures, constraint.key);
  if (!value) return std::nullopt;
  if (*value < constraint.at_least) {
    return share_of(constraint.at_least - *value, constraint.at_least);
  }
  if (*value > constraint.at_most) {
    return share_of(*value - constraint.at_most, constraint.at_most);
  }
  return 0;
}

double violation_beforehand(const std::vector<Constraint>& constraints, const Json& known) {
  double sum = 0;
  for (const Constraint& constraint : constraints) sum += excess(constraint, known).value_or(0);
  return sum;
}

double violation(const std::vector<Constraint>& constraints, const Json& result) {
  double sum = 0;
  for (const Constraint& constraint : constraints) sum += excess_of_result(constraint, result);
  return sum;
}

std::vector<std::size_t> broken(const std::vector<Constraint>& constraints, const Json& result) {
  std::vector<std::size_t> places;
  if (!result.is_object()) return places;
  for (std::size_t i = 0; i < constraints.size(); ++i) {
    if (excess_of_result(constraints[i], result) > 0) places.push_back(i);
  }
  return places;
}

void check_known_beforehand(const std::vector<Constraint>& constraints, const Json& known) {
  for (const Constraint& constraint : constraints) {
    if (excess(constraint, known)) continue;
    const std::string near = nearest_word(constraint.key, number_names(known));
    throw BadInput(constraint.place, "constraints.key",
                   constraint.key + " is not known before a run" +
                       (near.empty() ? "" : " (did you mean " + near + "?)"),
                   "allowed in a grid are the numbers of nibblesim describe CHIP --json; a search "
                   "may bound any number of result.json");
  }
}

}  // namespace nibble
