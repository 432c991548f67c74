#include "sim/driver/chip_simulation.h"

#include <algorithm>
#include <ctime>
#include <stdexcept>

#include <fmt/format.h>

#include "sim/base/bad_input.h"
#include "sim/base/stopwatch.h"
#include "sim/compiler/compiler.h"
#include "sim/compiler/mapping_rules.h"
#include "sim/driver/child_process.h"
#include "sim/driver/pinned_mappings.h"
#include "sim/driver/timing_executor.h"
#include "sim/stats/run_statistics.h"

namespace nibble {
namespace {

Json mappings_json(const MappingTable& mappings) {
  Json list = Json::array();
  for (const auto& [operation, at] : mappings) {
    list.push_back({operation, static_cast<int>(at.split), static_cast<int>(at.held), at.rows,
                    at.columns, at.depth});
  }
  return list;
}

MappingTable mappings_from(const Json& list) {
  MappingTable mappings;
  for (const Json& at : list) {
    GemmMapping mapping;
    mapping.split = static_cast<CoreSplit>(at.at(1).get<int>());
    mapping.held = static_cast<HeldOperand>(at.at(2).get<int>());
    mapping.rows = at.at(3).get<std::int64_t>();
    mapping.columns = at.at(4).get<std::int64_t>();
    mapping.depth = at.at(5).get<std::int64_t>();
    mappings[at.at(0).get<std::size_t>()] = mapping;
  }
  return mappings;
}

const WorkloadStage& stage_of(const Workload& workload, std::size_t operation) {
  return workload.stages[static_cast<std::size_t>(workload.operations[operation].stage)];
}

/// One entry a pin of the experiment: it is of all GEMMs that its layer has in that pass, of an
/// LSTM one for each time step.
Json pins_report(const Workload& workload, const MappingTable& pinned) {
  Json pins = Json::array();
  for (const auto& [operation, mapping] : pinned) {
    const WorkloadStage& stage = stage_of(workload, operation);
    const char* pass = pass_name(stage.pass);
    const auto known = std::find_if(pins.begin(), pins.end(), [&](const Json& pin) {
      return pin.at("name") == stage.layer && pin.at("pass") == pass;
    });
    Json& pin = known != pins.end() ? *known
                                    : pins.emplace_back(Json{{"name", stage.layer},
                                                             {"pass", pass},
                                                             {"gemms", 0},
                                                             {"mapping", mapping_text(mapping)}});
    pin["gemms"] = pin.at("gemms").get<int>() + 1;
  }
  return pins;
}

/// What the user is told of pinned and searched mappings.
Json mapping_report(const Workload& workload, const StepOptions& options, const StepResult& step) {
  Json changed = Json::array();
  for (const FoundMapping& at : step.found) {
    const WorkloadStage& stage = stage_of(workload, at.operation);
    changed.push_back({{"name", stage.layer},
                       {"pass", pass_name(stage.pass)},
                       {"rule", mapping_text(at.rule)},
                       {"found", mapping_text(at.found)},
                       {"cycles_saved", at.saved}});
  }
  return {{"search", options.search},
          {"pinned", options.mappings.size()},
          {"pins", pins_report(workload, options.mappings)},
          {"changed", changed}};
}

Json simulate(const SimulationRequest& request, const Program& program, TileExecutor& executor,
              Timeline* timeline) {
  const ChipRun run = run_chip(request.chip, program, executor);
  const RunStatistics statistics = collect_statistics(program, request.chip, run);
  if (timeline != nullptr) timeline->add(program, run, statistics);
  return chip_report(request.chip, outline_of(program), statistics, request.experiment.energy);
}

}  // namespace

Workload workload_for(const SimulationRequest& request) {
  const Experiment& experiment = request.experiment;
  WorkloadOptions options;
  options.batch = request.batch;
  options.training = request.training;
  options.precision = ChipPrecision::nibble4;
  if (request.chip.tile.precision == TilePrecision::fp16) {
    options.precision = experiment.twin_precision;
  }
  options.accumulator = experiment.accumulator;
  try {
    return build_workload(experiment.network, options);
  } catch (const std::invalid_argument& fault) {
    throw BadInput({experiment.file, 0, 0}, request.chip.name, fault.what());
  }
}

namespace {

/// In the process that simulates: report, mappings and processor time, or the fault. The timeline's
/// file is written here, too: it may be larger than what comes back.
Json simulate_step(const SimulationRequest& request, const StepOptions& options,
                   const Workload& workload, const std::optional<TimelineRequest>& wanted) {
  const std::clock_t start = std::clock();
  StepSimulator simulator(request.chip, request.memo);
  std::optional<Timeline> timeline;
  if (wanted) timeline.emplace(request.chip, wanted->options);
  Json answer;
  try {
    const StepResult step = simulator.run(workload, options, timeline ? &*timeline : nullptr);
    answer["report"] =
        chip_report(request.chip, step.outline, step.statistics, request.experiment.energy);
    answer["report"]["stages_simulated"] = step.stages_simulated;
    answer["report"]["cycles_saved_by_search"] = step.saved_by_search;
    answer["report"]["mapping"] = mapping_report(workload, options, step);
    answer["mappings"] = mappings_json(step.mappings);
    if (request.memo != nullptr) answer["stages"] = Json::binary(simulator.memo().bytes());
    answer["simulation_s"] = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    answer["timeline_left_out"] = timeline ? write_timeline(*timeline, *wanted) : "";
  } catch (const std::invalid_argument& fault) {
    answer["fault"] = fault.what();
  } catch (const BadInput& fault) {
    answer["bad_input"] = {fault.file(), fault.key(), fault.fault(), fault.allowed()};
  }
  return answer;
}

/// The tensors fit the memory, or the fault of the experiment is named.
void check_capacity(const SimulationRequest& request, Bytes dram_bytes) {
  const Bytes capacity = DramConfig(request.chip.dram).capacity_bytes();
  if (dram_bytes <= capacity) return;
  throw BadInput({request.experiment.file, 0, 0}, request.chip.name,
                 fmt::format("tensors take {} bytes of DRAM, it has {}", dram_bytes, capacity),
                 "allowed a smaller batch or more dram.channels");
}

}  // namespace

Program compile_for(const SimulationRequest& request, const MappingTable& mappings) {
  Program program;
  const Workload workload = workload_for(request);
  try {
    program = compile(workload, compiler_target(request.chip), mappings);
  } catch (const std::invalid_argument& fault) {
    throw BadInput({request.experiment.file, 0, 0}, request.chip.name, fault.what());
  }
  check_capacity(request, program.dram_bytes);
  return program;
}

namespace {

/// A workload whose tensors fit the memory and whose pinned blocks fit the buffers: better said
/// before hours of simulation than after.
Workload fitting_workload(const SimulationRequest& request, const MappingTable& mappings) {
  Workload workload = workload_for(request);
  const CompilerTarget target = compiler_target(request.chip);
  try {
    const StepCompiler compiler(workload, target);
    check_capacity(request, compiler.dram_bytes());
    check_pins(request.experiment, workload, target, compiler, mappings);
  } catch (const std::invalid_argument& fault) {
    throw BadInput({request.experiment.file, 0, 0}, request.chip.name, fault.what());
  }
  return workload;
}

}  // namespace

RunningStep::RunningStep(const SimulationRequest& request, const StepOptions& options,
                         const std::optional<TimelineRequest>& timeline)
    : request_(request),
      child_([request, options, timeline, workload = fitting_workload(request, options.mappings)] {
        const std::vector<std::uint8_t> answer =
            Json::to_cbor(simulate_step(request, options, workload, timeline));
        return std::string(answer.begin(), answer.end());
      }) {}

TimedStep RunningStep::result() {
  const Json answer = Json::from_cbor(child_.result());
  if (answer.contains("fault")) {
    throw BadInput({request_.experiment.file, 0, 0}, request_.chip.name,
                   answer.at("fault").get<std::string>());
  }
  if (answer.contains("bad_input")) {
    const auto words = answer.at("bad_input").get<std::vector<std::string>>();
    throw BadInput({words[0], 0, 0}, words[1], words[2], words[3]);
  }
  if (request_.memo != nullptr) request_.memo->add_bytes(answer.at("stages").get_binary());
  return {answer.at("report"), mappings_from(answer.at("mappings")),
          answer.at("simulation_s").get<double>(),
          answer.at("timeline_left_out").get<std::string>()};
}

TimedStep time_step(const SimulationRequest& request, const StepOptions& options) {
  return RunningStep(request, options).result();
}

Json simulate_replay(const SimulationRequest& request, const Program& program, const Trace& trace,
                     Engine engine, ComparisonCount& count, const Observers& observers) {
  ReplayExecutor executor(program, trace, request.experiment.trace_file, request.chip, engine);
  if (observers.waves != nullptr) executor.watch(*observers.waves);
  Json report = simulate(request, program, executor, observers.timeline);
  count = executor.count();
  return report;
}

Json simulate_synthetic(const SimulationRequest& request, const Program& program,
                        const SyntheticOptions& options, ComparisonCount& count,
                        const Observers& observers) {
  SyntheticExecutor executor(program, request.chip, options);
  if (observers.waves != nullptr) executor.watch(*observers.waves);
  Json report = simulate(request, program, executor, observers.timeline);
  count = executor.count();
  return report;
}

}  // namespace nibble
