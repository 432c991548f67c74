// A sweep as the HTML report takes it.
#pragma once

#include <string>

#include "sim/report/chip_report.h"
#include "sim/sweep/point_database.h"

namespace nibble {

/// Whether the folder is one that `nibblesim sweep -o` writes to.
[[nodiscard]] bool holds_sweep(const std::string& folder);

/// `{kind: "sweep", ...}` of sim/html/README.md: what the sweep's file says and what was simulated,
/// and of the points that have been run settings, objectives and the figures that explain a point
/// (where its cycles and joules went) as columns over the points; layers of a few, the Pareto front
/// first. Throws BadInput.
[[nodiscard]] Json sweep_report(const std::string& folder);

}  // namespace nibble
