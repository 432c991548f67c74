// The signals of the Verilated tile while it runs one command: `nibblesim run --waves`. The command
// is repeated, with its operands, on a tile of its own that was made with tracing, so that the run
// itself is as fast as ever; results and clocks of the two must be the same.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "sim/command/program.h"
#include "sim/config/chip_config.h"
#include "sim/tile/traced_tile_rtl.h"
#include "sim/tile/verilated_tile.h"
#include "sim/workload/workload.h"

namespace nibble {

/// What the command line says of waves.
struct WaveChoice {
  std::string file;                     // empty: none
  std::string stage;                    // "LAYER PASS"; empty: the first that runs on a tile
  std::optional<std::int64_t> command;  // of the stage's commands; else its first on a tile
};

/// The command that is asked for, by index in the program. Throws BadInput if there is no such
/// stage, or none of its commands is this one, or it has no RTL.
[[nodiscard]] std::uint32_t chosen_command(const Program& program, const WaveChoice& choice);
/// The same for the stage's name alone, before anything is compiled.
void check_wave_stage(const Workload& workload, const WaveChoice& choice);

/// A command as an engine ran it: on these operands, with these results.
struct CommandRun {
  const TileCommand& command;
  const TileOperands& operands;
  const TileActivity& activity;
};

class WaveRecorder {
 public:
  /// `command` is one of `program`, which outlives the recorder. Its tile's signals go to the file
  /// `path`; of a unit of several tiles, those of the first.
  WaveRecorder(const Program& program, std::uint32_t command, const ChipConfig& chip,
               std::string path);

  /// Whether this is the command, or an earlier part of its reduction, which leaves the sums that
  /// it begins with.
  [[nodiscard]] bool takes(int core, Unit unit, const TileCommand& command) const;
  /// Once the engine has run it. Precondition: takes(). Throws std::logic_error if the tile's
  /// results or clocks are not the engine's.
  void run(const TileCommand& command, const CommandRun& as_run);

  /// Why the file could not be written; empty if it could.
  [[nodiscard]] const std::string& fault() const { return fault_; }
  /// "s1.conv1 forward, command 16 (...), clocks, begin": which command the file shows.
  [[nodiscard]] std::string text() const;

 private:
  /// Repeats it on the traced tile; false if results or clocks are not the engine's.
  [[nodiscard]] bool agrees(const CommandRun& as_run);
  void record(const CommandRun& as_run);

  const Program& program_;
  std::uint32_t index_;
  const Command& at_;
  const TileCommand& chosen_;
  std::string path_, fault_;
  std::int64_t period_ps_;
  TracedTileRtl* traced_ = nullptr;  // the first tile of unit_
  std::unique_ptr<VerilatedTile> unit_;
  std::int64_t begin_ps_ = 0;
  Cycles clocks_ = 0;
};

}  // namespace nibble
