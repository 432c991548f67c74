#include "sim/driver/chip_simulation.h"

#include <stdexcept>

#include "sim/base/bad_input.h"
#include "sim/compiler/compiler.h"
#include "sim/stats/run_statistics.h"

namespace nibble {
namespace {

/// The closed form of both arrays, no values.
class TimingExecutor : public TileExecutor {
 public:
  explicit TimingExecutor(const ChipConfig& config)
      : tile_(make_tile_backend(Engine::timing, config.tile)) {
    if (config.fp16_tile) fp16_tile_ = make_tile_backend(Engine::timing, *config.fp16_tile);
  }
  TileActivity execute(Unit unit, const TileCommand& command) override {
    return (unit == Unit::tile ? tile_ : fp16_tile_)->execute(command, nullptr);
  }

 private:
  std::unique_ptr<TileBackend> tile_, fp16_tile_;
};

Json simulate(const SimulationRequest& request, const Program& program, TileExecutor& executor) {
  const ChipRun run = run_chip(request.chip, program, executor);
  const RunStatistics statistics = collect_statistics(program, request.chip, run);
  return chip_report(request.chip, program, statistics, request.experiment.energy);
}

}  // namespace

Program compile_for(const SimulationRequest& request) {
  const Experiment& experiment = request.experiment;
  WorkloadOptions options;
  options.batch = request.batch;
  options.training = request.training;
  options.precision = request.chip.tile.precision == TilePrecision::nibble4 ? ChipPrecision::nibble4
                                                                            : ChipPrecision::fp16;
  options.accumulator = experiment.accumulator;
  CompilerTarget target;
  target.tile = request.chip.tile;
  target.fp16_tile = request.chip.fp16_tile;
  target.scratchpad_bytes = request.chip.scratchpad.bytes;
  target.stream_buffer_bytes = request.chip.scratchpad.stream_buffer_bytes;
  try {
    return compile(build_workload(experiment.network, options), target);
  } catch (const std::invalid_argument& fault) {
    throw BadInput({experiment.file, 0, 0}, "chip", fault.what(),
                   "a larger scratchpad.stream_buffer_kib or a smaller batch");
  }
}

Json simulate_timing(const SimulationRequest& request, const Program& program) {
  TimingExecutor executor(request.chip);
  return simulate(request, program, executor);
}

Json simulate_replay(const SimulationRequest& request, const Program& program, const Trace& trace,
                     Engine engine, ComparisonCount& count) {
  ReplayExecutor executor(program, trace, request.experiment.trace_file, request.chip, engine);
  Json report = simulate(request, program, executor);
  count = executor.count();
  return report;
}

}  // namespace nibble
