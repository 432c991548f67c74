// `nibblesim sweep`: a sweep from its file to a database, a table and a page.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sim/sweep/slurm_run.h"

namespace nibble {

struct SweepOptions {
  std::string sweep_file;
  std::string output_directory;
  std::string program;  // version of this one
  int jobs = 0;         // 0: as many as cores; in a Slurm task one
  std::optional<double> most_seconds;
  bool retry_failed = false;
  OtherVersion other_version = OtherVersion::refuse;  // of the program, whose results are there
  bool list = false;                                  // only say which points there are
  std::optional<std::int64_t> command;                // only say how this point is run alone
  std::optional<Shard> shard;  // run only this part, into a database of its own
  std::optional<SlurmOptions> slurm;
};

/// Exit code: 0 all points have a result or a fault, 1 all have failed or some were killed, 130
/// stopped; of a shard 0 also if all have failed: it is a part. Throws BadInput.
[[nodiscard]] int run_sweep_command(const SweepOptions& options);

}  // namespace nibble
