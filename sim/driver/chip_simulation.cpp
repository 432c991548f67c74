#include "sim/driver/chip_simulation.h"

#include <stdexcept>

#include <fmt/format.h>

#include "sim/base/bad_input.h"
#include "sim/base/stopwatch.h"
#include "sim/compiler/compiler.h"
#include "sim/driver/child_process.h"
#include "sim/driver/timing_executor.h"
#include "sim/stats/run_statistics.h"

namespace nibble {
namespace {

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
  const DramParameters& dram = request.chip.dram;
  target.dram_stripe_bytes = dram.row_bytes * dram.bank_groups * dram.channels;
  const std::string& chip = request.chip.name;
  Program program;
  try {
    program = compile(build_workload(experiment.network, options), target);
  } catch (const std::invalid_argument& fault) {
    throw BadInput({experiment.file, 0, 0}, chip, fault.what());
  }
  const Bytes capacity = DramConfig(dram).capacity_bytes();
  if (program.dram_bytes > capacity) {
    throw BadInput(
        {experiment.file, 0, 0}, chip,
        fmt::format("tensors take {} bytes of DRAM, it has {}", program.dram_bytes, capacity),
        "allowed a smaller batch or more dram.channels");
  }
  return program;
}

Json simulate_timing_in_child(const SimulationRequest& request, const Program& program) {
  ChildProcess child([&] {
    const Stopwatch watch;
    Json report = simulate_timing(request, program);
    report["simulation_s"] = watch.seconds();
    return report.dump();
  });
  return Json::parse(child.result());
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

Json simulate_synthetic(const SimulationRequest& request, const Program& program,
                        const SyntheticOptions& options, ComparisonCount& count) {
  SyntheticExecutor executor(program, request.chip, options);
  Json report = simulate(request, program, executor);
  count = executor.count();
  return report;
}

}  // namespace nibble
