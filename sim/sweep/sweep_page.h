// What `nibblesim sweep` prints at its end.
#pragma once

#include <string>

#include "sim/sweep/point_database.h"
#include "sim/sweep/sweep_run.h"

namespace nibble {

/// Counts, the best point by each objective, the Pareto front, and what failed.
[[nodiscard]] std::string sweep_page(const Sweep& sweep, const SweepOutcome& outcome,
                                     const PointDatabase& database);

}  // namespace nibble
