// What is handed to Slurm: which shards, and the script that runs one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nibble {

/// Shards `numbers` of `of`, one a task.
struct ShardPlan {
  std::int64_t of = 1;
  std::vector<std::int64_t> numbers;  // in order, from 1
};

/// Shards that cover the points at these positions of the design (from 0), about so many in each:
/// points that are left over may lie unevenly, as when an axis became longer. Of several divisions
/// the most even one.
[[nodiscard]] ShardPlan plan_shards(const std::vector<std::int64_t>& positions,
                                    std::int64_t points_per_task);

/// The task's command. All paths but the sweep's file are absolute.
struct ShardCommand {
  std::string program, folder;  // this one; where it was started
  std::string sweep_file;       // as it was given, below `folder`: faults quote it
  std::string output_directory;
  std::int64_t of = 1;
  std::optional<double> most_seconds;  // of a point
  bool retry_failed = false;           // of which sweep.db has a fault
};

/// A task runs the shard of its array index plus the script's argument.
[[nodiscard]] std::string batch_script(const ShardCommand& command);

}  // namespace nibble
