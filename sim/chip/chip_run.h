// Runs a program on the SystemC chip. This header is free of SystemC: what goes in is a program and
// a chip, what comes out is when each command began and ended and what was counted.
#pragma once

#include <vector>

#include "sim/chip/tile_executor.h"
#include "sim/command/program.h"
#include "sim/config/chip_config.h"
#include "sim/dram/dram_statistics.h"

namespace nibble {

struct CommandTimes {
  Cycles begin = 0, end = 0;
};

struct ChipRun {
  Cycles cycles = 0;
  std::vector<CommandTimes> commands;         // by index of Program::commands
  std::vector<TileActivity> tile_activities;  // the same index; zero for other commands
  DramStatistics dram;
};

/// SystemC elaborates once a process: call at most once a process. Not idempotent, not reentrant.
/// Throws std::logic_error if commands never finish (who waits for whom) or if a command touches
/// scratchpad bytes that another one is writing.
[[nodiscard]] ChipRun run_chip(const ChipConfig& config, const Program& program,
                               TileExecutor& executor);

}  // namespace nibble
