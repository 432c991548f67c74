// Bounds of figures: of a chip, which is known before anything runs, or of a result.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/bad_input.h"
#include "sim/report/chip_report.h"
#include "sim/sweep/sweep.h"

namespace nibble {

/// How far the figure is outside its bounds, as a share of the bound it breaks (of 1 if that is 0);
/// 0: within. Nothing if there is no such figure.
[[nodiscard]] std::optional<double> excess(const Constraint& constraint, const Json& figures);

/// The sum over all constraints whose figure is known before the point runs; 0: they are fulfilled.
[[nodiscard]] double violation_beforehand(const std::vector<Constraint>& constraints,
                                          const Json& known);

/// The sum over all constraints of a result; 0: they are fulfilled. Infinite if the result lacks a
/// figure that others have. One that no result has is of the chip, and was judged beforehand.
[[nodiscard]] double violation(const std::vector<Constraint>& constraints, const Json& result);

/// Places in the list of those that are not fulfilled, as violation() judges; none without a
/// result.
[[nodiscard]] std::vector<std::size_t> broken(const std::vector<Constraint>& constraints,
                                              const Json& result);

/// Throws BadInput at the first constraint of a figure that is not among those known before a run,
/// which are all that a grid can keep to.
void check_known_beforehand(const std::vector<Constraint>& constraints, const Json& known);

}  // namespace nibble
