#include "sim/sweep/slurm_batch.h"

#include <algorithm>

#include <fmt/format.h>

#include "sim/sweep/shell_word.h"

namespace nibble {
namespace {

constexpr std::int64_t kDivisions = 32;  // that are tried

/// Points in each of so many shards.
std::vector<std::int64_t> loads_of(const std::vector<std::int64_t>& positions,
                                   std::int64_t shards) {
  std::vector<std::int64_t> loads(static_cast<std::size_t>(shards));
  for (const std::int64_t position : positions) {
    ++loads[static_cast<std::size_t>(position % shards)];
  }
  return loads;
}

}  // namespace

ShardPlan plan_shards(const std::vector<std::int64_t>& positions, std::int64_t points_per_task) {
  const auto points = static_cast<std::int64_t>(positions.size());
  const std::int64_t fewest = (points + points_per_task - 1) / points_per_task;
  std::vector<std::int64_t> best;
  std::int64_t best_most = INT64_MAX;
  for (std::int64_t of = fewest; of < fewest + kDivisions && best_most > points_per_task; ++of) {
    std::vector<std::int64_t> loads = loads_of(positions, of);
    const std::int64_t most = *std::max_element(loads.begin(), loads.end());
    if (most >= best_most) continue;
    best_most = most;
    best = std::move(loads);
  }
  ShardPlan plan;
  plan.of = static_cast<std::int64_t>(best.size());
  for (std::size_t i = 0; i < best.size(); ++i) {
    if (best[i] > 0) plan.numbers.push_back(static_cast<std::int64_t>(i) + 1);
  }
  return plan;
}

std::string batch_script(const ShardCommand& command) {
  std::string script =
      "#!/bin/sh\n# Written by nibblesim sweep --executor slurm, which submits it as a job array "
      "with one\n"
      "# argument, what is added to a task's index. A task runs one shard of the sweep.\n";
  script += fmt::format("cd {} || exit 2\n", shell_word(command.folder));
  script += fmt::format(
      "exec {} sweep {} -o {} \\\n"
      "  --shard \"$(($1 + SLURM_ARRAY_TASK_ID))/{}\" --jobs \"${{SLURM_CPUS_PER_TASK:-1}}\"{}{}\n",
      shell_word(command.program), shell_word(command.sweep_file),
      shell_word(command.output_directory), command.of,
      command.most_seconds ? fmt::format(" --timeout {}", *command.most_seconds) : "",
      command.retry_failed ? " --retry-failed" : "");
  return script;
}

}  // namespace nibble
