// Waits for Slurm's tasks.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/sweep/slurm_queue.h"

namespace nibble {

/// Until no task of these jobs waits or runs, or until a signal came (StopSignals); `look` is
/// called from time to time. Returns the tasks that died, with Slurm's words on it. A Slurm that
/// does not answer for a while is waited for. If for `most_idle_seconds` no task ran, cancels all
/// that wait and throws BadInput with the reason.
[[nodiscard]] std::vector<SlurmTask> wait_for_tasks(const SlurmQueue& queue,
                                                    const std::set<std::string>& jobs,
                                                    std::optional<double> most_idle_seconds,
                                                    const std::function<void()>& look);

}  // namespace nibble
