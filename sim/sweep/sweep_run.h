// Runs the points of a sweep, each in a process of its own, and keeps what comes out.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/sweep/point_database.h"
#include "sim/sweep/sweep.h"

namespace nibble {

struct SweepRunOptions {
  int jobs = 1;                        // points at the same time
  std::optional<double> most_seconds;  // that a point may take; longer is a fault
  bool retry_failed = false;
  /// If set, is told each point that is to be run, which is then left to others.
  std::function<void(const Point& point, const std::string& key)> leave;
};

/// Of the sweep's points, each counted once.
struct SweepOutcome {
  std::int64_t points = 0;    // of the design
  std::int64_t excluded = 0;  // by constraints; not counted in points
  std::int64_t run = 0;       // now
  std::int64_t failed = 0;    // of those run now
  std::vector<std::string>
      killed;            // what became of points that have no result: tried again next time
  bool stopped = false;  // by SIGINT or SIGTERM
};

/// Throws BadInput if an axis names no key, if no point fulfils the constraints, or if the database
/// cannot be written. Points that the experiment refuses, or that break, are in the database with
/// their fault.
[[nodiscard]] SweepOutcome run_sweep(const Sweep& sweep, const SweepRunOptions& options,
                                     PointDatabase& database);

}  // namespace nibble
