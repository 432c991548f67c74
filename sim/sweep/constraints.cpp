#include "sim/sweep/constraints.h"

#include <cmath>

#include "sim/config/nearest_word.h"
#include "sim/sweep/figures.h"

namespace nibble {
namespace {

double share_of(double distance, double bound) {
  return bound == 0 ? distance : distance / std::abs(bound);
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

double violation(const std::vector<Constraint>& constraints, const Json& figures) {
  double sum = 0;
  for (const Constraint& constraint : constraints) sum += excess(constraint, figures).value_or(0);
  return sum;
}

std::vector<std::size_t> broken(const std::vector<Constraint>& constraints, const Json& figures) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < constraints.size(); ++i) {
    if (excess(constraints[i], figures).value_or(0) > 0) places.push_back(i);
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

BadInput unknown_figure(const Constraint& constraint, const Json& figures,
                        const std::string& where) {
  return {constraint.place, "constraints.key",
          unknown_fault("figure " + constraint.key, constraint.key, number_names(figures)),
          "allowed are the numbers of " + where};
}

}  // namespace nibble
