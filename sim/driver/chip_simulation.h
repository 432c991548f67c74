// One chip, one network, one engine: workload, compiler, SystemC chip and statistics in a row.
#pragma once

#include "sim/driver/experiment.h"
#include "sim/driver/replay_executor.h"
#include "sim/driver/synthetic_executor.h"
#include "sim/report/chip_report.h"

namespace nibble {

/// What the engine `timing` needs of a network on a chip.
struct SimulationRequest {
  const Experiment& experiment;  // network, accumulator, energy table
  ChipConfig chip;
  std::int64_t batch = 1;
  bool training = true;
};

/// The program that `chip` runs. Throws BadInput if the chip cannot hold the smallest tile.
[[nodiscard]] Program compile_for(const SimulationRequest& request);

/// Times only, in a process of its own; `simulation_s` of the report is its host time there.
[[nodiscard]] Json simulate_timing_in_child(const SimulationRequest& request,
                                            const Program& program);

/// Times only. At most one simulation a process; see ChildProcess.
[[nodiscard]] Json simulate_timing(const SimulationRequest& request, const Program& program);

/// With values: every GEMM replayed from `trace` and compared. `count` receives the outcome.
[[nodiscard]] Json simulate_replay(const SimulationRequest& request, const Program& program,
                                   const Trace& trace, Engine engine, ComparisonCount& count);

/// With values: random operands for every GEMM. `count` receives what ran and what was compared.
[[nodiscard]] Json simulate_synthetic(const SimulationRequest& request, const Program& program,
                                      const SyntheticOptions& options, ComparisonCount& count);

}  // namespace nibble
