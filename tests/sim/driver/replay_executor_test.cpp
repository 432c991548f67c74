// The committed trace on programs for one core and for several, without a chip around them:
// commands run in program order.
#include "sim/driver/replay_executor.h"

#include <catch2/catch.hpp>

#include "sim/base/bad_input.h"
#include "sim/compiler/compiler.h"
#include "sim/driver/experiment.h"

namespace nibble {
namespace {

Experiment quickstart() {
  return read_experiment(NIBBLE_SOURCE_DIR "/configs/experiments/quickstart.yaml", {});
}

/// The training step with every wgrad split over the cores in one way, all else by rows.
Program program_of(const Experiment& experiment, CoreSplit wgrad_split) {
  WorkloadOptions options;
  options.batch = experiment.batch;
  options.accumulator = experiment.accumulator;
  const Workload workload = build_workload(experiment.network, options);
  const ChipConfig& chip = experiment.chip;
  CompilerTarget target;
  target.tile = chip.tile;
  target.fp16_tile = chip.fp16_tile;
  target.scratchpad_bytes = chip.scratchpad.bytes;
  target.stream_buffer_bytes = chip.scratchpad.stream_buffer_bytes;
  target.cores = chip.cores;
  MappingTable mappings;
  for (std::size_t i = 0; i < workload.operations.size(); ++i) {
    const auto* work = std::get_if<GemmWork>(&workload.operations[i].work);
    if (work == nullptr) continue;
    mappings[i].split = work->pass == GemmPass::wgrad ? wgrad_split : CoreSplit::rows;
  }
  return compile(workload, target, mappings);
}

ComparisonCount replayed(const Experiment& experiment, const Program& program) {
  const Trace trace = read_trace(experiment.trace_file);
  ReplayExecutor executor(program, trace, experiment.trace_file, experiment.chip, Engine::model);
  for (const Command& command : program.commands) {
    if (const auto* tile = std::get_if<TileCommand>(&command.body)) {
      (void)executor.execute(command.core, command.unit, *tile);
    }
  }
  return executor.count();
}

}  // namespace

TEST_CASE("The trace has the trainer's bits on one core and on several that share every GEMM") {
  Experiment experiment = quickstart();
  std::int64_t compared = 0;
  for (const int cores : {1, 2, 3}) {
    INFO(cores << " cores");
    experiment.chip.cores = cores;
    const Program program = program_of(experiment, CoreSplit::rows);
    const ComparisonCount count = replayed(experiment, program);
    CHECK(count.first_mismatch == "");
    CHECK(count.mismatches == 0);
    CHECK(count.commands_run == count.commands);
    if (cores == 1) compared = count.compared;
    CHECK(count.compared == compared);
  }
  CHECK(compared > 100'000);
}

TEST_CASE(
    "A reduction that cores share out rounds otherwise: the trace is refused, not mismatched") {
  Experiment experiment = quickstart();
  experiment.chip.cores = 2;
  const Program program = program_of(experiment, CoreSplit::depth);
  CHECK_THROWS_WITH(replayed(experiment, program),
                    Catch::Contains("wgrad is added up from parts of several cores") &&
                        Catch::Contains(experiment.trace_file));
}

}  // namespace nibble
