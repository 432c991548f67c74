// Runs programs on the SystemC chip. This header is free of SystemC: what goes in is a program and
// a chip, what comes out is when each command began and ended and what was counted.
//
// A program is a row of segments, each closed by a fence. A segment begins in the chip's canonical
// state (units idle, DRAM as its fence leaves it, a common edge of both clocks), so its times
// depend on nothing before it.
#pragma once

#include <memory>
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
  DramStatistics dram;                        // of the run, as the memory counted it
  std::vector<DramStatistics> segment_dram;   // what each segment, its fence included, adds to it
};

/// A half-open range of a program's commands that ends with a fence (or with the program).
struct Segment {
  std::uint32_t begin = 0, end = 0;
};

/// The segment that begins at `begin`.
[[nodiscard]] Segment segment_at(const Program& program, std::uint32_t begin);

/// One chip for any number of segments. SystemC elaborates once a process, so a process can make
/// one of these.
class ChipSimulator {
 public:
  explicit ChipSimulator(const ChipConfig& config);
  ~ChipSimulator();
  ChipSimulator(const ChipSimulator&) = delete;
  ChipSimulator& operator=(const ChipSimulator&) = delete;

  /// Times count from the segment's begin; `commands` and `tile_activities` are indexed from its
  /// first command. Throws std::logic_error if commands never finish (who waits for whom) or if a
  /// command touches scratchpad bytes that another one is writing; the simulator is then spent.
  [[nodiscard]] ChipRun run(const Program& program, Segment segment, TileExecutor& executor);

  /// What the memory has done in all segments so far; nothing if DRAM is switched off as a what-if.
  [[nodiscard]] DramStatistics dram_statistics() const;

 private:
  class Chip;
  std::unique_ptr<Chip> chip_;
};

/// Appends a segment's run to that of the segments before it, but leaves `dram` alone: the memory
/// counts the run as a whole, so that what the segments add up to can be checked against it.
void append_segment(ChipRun& run, ChipRun segment);

/// All segments of a program on a chip of its own: call at most once a process.
[[nodiscard]] ChipRun run_chip(const ChipConfig& config, const Program& program,
                               TileExecutor& executor);

}  // namespace nibble
