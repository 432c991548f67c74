// `nibblesim sweep --executor slurm`: the points of a sweep as Slurm job arrays. A task runs a
// shard; the shards come back through the shared folder, and what died is submitted again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/sweep/sweep_run.h"

namespace nibble {

struct SlurmOptions {
  std::optional<std::int64_t> points_per_task, tasks;  // at most one of both
  std::vector<std::string> sbatch_arguments;
  int rounds = 3;                       // that are submitted; the first counts
  std::optional<double> queue_seconds;  // that may pass without a task that runs
};

/// As run_sweep; `run.jobs` are points at the same time in a task. Tasks of an earlier start of the
/// same folder that still wait or run are waited for. SIGINT and SIGTERM leave the tasks to Slurm.
/// Throws BadInput also if Slurm is missing or refuses the job, or no task runs in time.
[[nodiscard]] SweepOutcome run_sweep_on_slurm(const Sweep& sweep, const SweepRunOptions& run,
                                              const SlurmOptions& slurm,
                                              const std::string& directory,
                                              PointDatabase& database);

/// Throws BadInput if Slurm tasks of an earlier start still wait or run: the points would be run
/// twice.
void refuse_beside_slurm(const std::string& directory);

}  // namespace nibble
