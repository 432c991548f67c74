// What a sweep is after, in the figures of a result.
#pragma once

#include <vector>

#include "sim/report/chip_report.h"
#include "sim/sweep/point_database.h"
#include "sim/sweep/sweep.h"

namespace nibble {

/// The objectives of a result, each better the larger it is: a minimised figure has its sign
/// changed. Empty if the result lacks one of them.
[[nodiscard]] std::vector<double> goals_of(const std::vector<Objective>& objectives,
                                           const Json& result);

/// Those of a point that may be on the front, for the printed page and the report alike: empty if
/// the result lacks one or breaks a constraint.
[[nodiscard]] std::vector<double> goals_within(const Sweep& sweep, const Json& result);

/// Throws BadInput if an objective is a figure that every result would have, if it were one: known
/// as soon as there is any result, and the same whichever that is.
void check_objectives(const std::vector<Objective>& objectives, const Json& result);

/// Of a sweep that is through. Throws BadInput if there are good points, none of which has the
/// figure of an objective, or of a constraint that is of results.
void check_figures(const Sweep& sweep, const PointDatabase& database);

}  // namespace nibble
