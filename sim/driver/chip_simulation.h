// One chip, one network, one engine: workload, compiler, SystemC chip and statistics in a row.
#pragma once

#include "sim/driver/child_process.h"
#include "sim/driver/experiment.h"
#include "sim/driver/replay_executor.h"
#include "sim/driver/step_simulation.h"
#include "sim/driver/synthetic_executor.h"
#include "sim/driver/timeline_output.h"
#include "sim/report/chip_report.h"

namespace nibble {

/// What the engine `timing` needs of a network on a chip.
struct SimulationRequest {
  const Experiment& experiment;  // network, accumulator, energy table
  ChipConfig chip;
  std::int64_t batch = 1;
  bool training = true;
  StageMemo* memo = nullptr;  // of other runs, if any; gets what this one simulates
};

/// Throws BadInput for a network that makes no step.
[[nodiscard]] Workload workload_for(const SimulationRequest& request);

/// The whole program, for engines that compute values. Throws BadInput if the chip cannot hold the
/// smallest tile.
[[nodiscard]] Program compile_for(const SimulationRequest& request,
                                  const MappingTable& mappings = {});

/// What the engine `timing` found out.
struct TimedStep {
  Json report;
  MappingTable mappings;    // of every operation that multiplies and is not mapped by rule
  double simulation_s = 0;  // processor time, compiling included
  std::string timeline_left_out;
};

/// Engine `timing`, in a process of its own that runs while others do. The request's experiment
/// and memo outlive it.
class RunningStep {
 public:
  /// `timeline`: the file that is to be written besides.
  RunningStep(const SimulationRequest& request, const StepOptions& options,
              const std::optional<TimelineRequest>& timeline = std::nullopt);
  /// Waits. Throws BadInput like compile_for and write_timeline. To be called once.
  [[nodiscard]] TimedStep result();

 private:
  SimulationRequest request_;
  ChildProcess child_;
};

/// The same, waited for.
[[nodiscard]] TimedStep time_step(const SimulationRequest& request, const StepOptions& options);

/// Who looks on while the chip runs; each may be null.
struct Observers {
  Timeline* timeline = nullptr;
  WaveRecorder* waves = nullptr;
};

/// With values: every GEMM replayed from `trace` and compared. `count` receives the outcome.
[[nodiscard]] Json simulate_replay(const SimulationRequest& request, const Program& program,
                                   const Trace& trace, Engine engine, ComparisonCount& count,
                                   const Observers& observers = {});

/// With values: random operands for every GEMM. `count` receives what ran and what was compared.
[[nodiscard]] Json simulate_synthetic(const SimulationRequest& request, const Program& program,
                                      const SyntheticOptions& options, ComparisonCount& count,
                                      const Observers& observers = {});

}  // namespace nibble
