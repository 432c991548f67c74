// One step on one chip by the engine `timing`: compiled, simulated and counted stage by stage, so
// that memory does not grow with the length of the step, and a stage that is like an earlier one is
// not simulated again (sim/command/stage_key.h).
#pragma once

#include <memory>
#include <string>

#include "sim/compiler/compiler.h"
#include "sim/config/chip_config.h"
#include "sim/driver/stage_memo.h"
#include "sim/stats/run_statistics.h"
#include "sim/timeline/timeline.h"

namespace nibble {

struct StepOptions {
  bool memoise = true;
  /// Mappings to try for each operation that multiplies, beside the given one or the rule's; the
  /// one whose stage takes the fewest cycles is kept. 0: no search.
  int search = 0;
  MappingTable mappings;  // pinned; these are not searched
  std::string progress;   // label of the line that a terminal shows; empty: none
};

/// A mapping that the search preferred to the rule's.
struct FoundMapping {
  std::size_t operation = 0;
  GemmMapping rule, found;
  Cycles saved = 0;
};

struct StepResult {
  ProgramOutline outline;
  RunStatistics statistics;
  MappingTable mappings;  // of operations that are not mapped by rule: pinned, or found by a search
  int stages_simulated = 0;  // or taken from the memo; equal stages of the step count once
  Cycles saved_by_search = 0;
  std::vector<FoundMapping> found;
};

/// What the compiler is told of a chip.
[[nodiscard]] CompilerTarget compiler_target(const ChipConfig& chip);

/// A chip that simulates steps, one after the other. SystemC elaborates once a process, so a
/// process can make one of these.
class StepSimulator {
 public:
  /// `known`: by other runs, if any. Outlives the simulator.
  explicit StepSimulator(const ChipConfig& chip, const StageMemo* known = nullptr);
  ~StepSimulator();

  /// Throws std::invalid_argument if the chip cannot hold a layer in any mapping (which buffer is
  /// short and by how much). `timeline` receives every stage as the chip runs it; for that the
  /// times of the commands of each stage that differs from all before are kept, 16 bytes each.
  [[nodiscard]] StepResult run(const Workload& workload, const StepOptions& options,
                               Timeline* timeline = nullptr);
  /// What was simulated here.
  [[nodiscard]] const StageMemo& memo() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace nibble
