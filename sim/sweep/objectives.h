// What a sweep is after, in the figures of a result.
#pragma once

#include <vector>

#include "sim/report/chip_report.h"
#include "sim/sweep/sweep.h"

namespace nibble {

/// The objectives of a result, each better the larger it is: a minimised figure has its sign
/// changed. Empty if the result lacks one of them.
[[nodiscard]] std::vector<double> goals_of(const std::vector<Objective>& objectives,
                                           const Json& result);

/// Those of a point that may be on the front, for the printed page and the report alike: empty if
/// the result lacks one or breaks a constraint.
[[nodiscard]] std::vector<double> goals_within(const Sweep& sweep, const Json& result);

/// Throws BadInput if an objective is no number of a result: known as soon as there is one.
void check_objectives(const std::vector<Objective>& objectives, const Json& result);

}  // namespace nibble
