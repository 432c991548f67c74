// The commands of a stage as slices: when each had its unit, what it did and what it waited for.
#pragma once

#include <vector>

#include "sim/chip/chip_run.h"
#include "sim/timeline/slice.h"

namespace nibble {

/// A stage's commands [begin, end) in `program` and `run`, which has their times.
struct StageCommands {
  std::uint32_t begin = 0, end = 0;
};

/// One slice a command, in program order; times are those of `run`, and `stage` that of `program`.
[[nodiscard]] std::vector<Slice> command_slices(const Program& program, const ChipRun& run,
                                                StageCommands commands);

}  // namespace nibble
