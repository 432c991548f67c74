// Runs the points of a sweep: those of its grid or sample, or those that its search asks for.
#pragma once

#include <optional>

#include "sim/sweep/point_database.h"
#include "sim/sweep/point_evaluator.h"
#include "sim/sweep/search_run.h"
#include "sim/sweep/sweep.h"

namespace nibble {

struct SweepOutcome : Evaluations {
  std::optional<SearchRecord> search;  // of a sweep with one
};

/// Throws BadInput if an axis names no key, if no point fulfils the constraints, or if the database
/// cannot be written. Points that the experiment refuses, or that break, are in the database with
/// their fault.
[[nodiscard]] SweepOutcome run_sweep(const Sweep& sweep, const SweepRunOptions& options,
                                     PointDatabase& database);

}  // namespace nibble
