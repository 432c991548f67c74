#include "sim/driver/step_simulation.h"

#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

#include "sim/base/progress.h"
#include "sim/chip/chip_run.h"
#include "sim/command/stage_key.h"
#include "sim/driver/chip_key.h"
#include "sim/driver/timing_executor.h"
#include "sim/stats/conservation.h"

namespace nibble {

CompilerTarget compiler_target(const ChipConfig& chip) {
  CompilerTarget target;
  target.tile = chip.tile;
  target.fp16_tile = chip.fp16_tile;
  target.scratchpad_bytes = chip.scratchpad.bytes;
  target.stream_buffer_bytes = chip.scratchpad.stream_buffer_bytes;
  target.dram_stripe_bytes = chip.dram.row_bytes * chip.dram.bank_groups * chip.dram.channels;
  target.dram_stripes_a_row = chip.dram.banks_per_group;
  target.cores = chip.cores;
  target.ring_bytes_per_cycle = chip.ring.bytes_per_cycle;
  target.memory_stops = chip.ring.memory_stops;
  target.dram_bytes_per_cycle =
      DramConfig(chip.dram).peak_bytes_per_second() / (chip.clock_mhz * 1e6);
  target.workers = chip.link.workers;
  return target;
}

struct StepSimulator::State {
  /// A stage's own counts, and when its commands ran if somebody wants to know.
  struct KnownStage {
    RunStatistics statistics;
    const std::vector<CommandTimes>* times;
  };

  State(const ChipConfig& of, const StageMemo* known)
      : chip(of), simulator(of), executor(of), memo(StageMemo::kOfARun, known) {}

  /// From the cache or from the chip.
  KnownStage simulate(const Program& stage, bool memoise, StepResult& result);
  /// The run of a known stage, for which this one stands.
  ChipRun run_of(const Program& stage, const KnownStage& of);
  void search(const StepCompiler& compiler, const Workload& workload, int stage,
              const StepOptions& options, StepResult& result);

  const ChipConfig chip;
  ChipSimulator simulator;
  TimingExecutor executor;
  StageMemo memo;
  std::set<StageKey> met;  // in this step
  bool keeps_times = false;
  std::map<StageKey, std::vector<CommandTimes>> times;  // if they are kept
  std::vector<CommandTimes> latest_times;
};

StepSimulator::State::KnownStage StepSimulator::State::simulate(const Program& stage, bool memoise,
                                                                StepResult& result) {
  const auto simulate_now = [&](std::vector<CommandTimes>& kept) {
    ChipRun run = simulator.run(stage, segment_at(stage, 0), executor);
    RunStatistics statistics = collect_statistics(stage, chip, run);
    if (keeps_times) kept = std::move(run.commands);
    return statistics;
  };
  if (!memoise) {
    ++result.stages_simulated;
    return {simulate_now(latest_times), &latest_times};
  }
  const CompilerTarget target = compiler_target(chip);
  const StageKey stage_is = stage_key(stage, target.dram_stripe_bytes * target.dram_stripes_a_row);
  // Counted alike whoever simulated it: what a run reports does not depend on the runs before it.
  const bool is_new = met.insert(stage_is).second;
  if (is_new) ++result.stages_simulated;
  const StageMemo::Key key{chip_key(chip, used_arrays(stage)), stage_is};
  std::optional<RunStatistics> known = memo.find(key);
  // A memo has no times: for these the first of equal stages is simulated again.
  if (!known || (keeps_times && is_new)) {
    known = simulate_now(times[stage_is]);
    memo.add(key, *known);
  }
  return {*std::move(known), &times[stage_is]};
}

/// What the closed form says of commands costs nothing and is asked for again.
ChipRun StepSimulator::State::run_of(const Program& stage, const KnownStage& of) {
  ChipRun run;
  run.cycles = of.statistics.total.cycles();
  run.commands = *of.times;
  for (const Command& command : stage.commands) {
    const auto* tile = std::get_if<TileCommand>(&command.body);
    run.tile_activities.push_back(
        tile == nullptr ? TileActivity{} : executor.execute(command.core, command.unit, *tile));
  }
  return run;
}

/// Tries the best mappings by estimate on each operation of the stage that multiplies.
void StepSimulator::State::search(const StepCompiler& compiler, const Workload& workload, int stage,
                                  const StepOptions& options, StepResult& result) {
  for (const std::size_t operation : compiler.operations(stage)) {
    const bool multiplies = std::holds_alternative<GemmWork>(workload.operations[operation].work);
    if (!multiplies || options.mappings.count(operation) != 0) continue;
    Cycles fewest = simulate(compiler.stage(stage, result.mappings), options.memoise, result)
                        .statistics.total.cycles();
    const Cycles by_rule = fewest;
    for (const GemmMapping& candidate : compiler.ranked(operation, options.search)) {
      MappingTable table = result.mappings;
      table[operation] = candidate;
      const Cycles cycles =
          simulate(compiler.stage(stage, table), options.memoise, result).statistics.total.cycles();
      if (cycles >= fewest) continue;
      fewest = cycles;
      result.mappings = table;
    }
    if (fewest == by_rule) continue;
    result.saved_by_search += by_rule - fewest;
    result.found.push_back(
        {operation, compiler.rule(operation), result.mappings.at(operation), by_rule - fewest});
  }
}

StepSimulator::StepSimulator(const ChipConfig& chip, const StageMemo* known)
    : state_(std::make_unique<State>(chip, known)) {}

StepSimulator::~StepSimulator() = default;

const StageMemo& StepSimulator::memo() const { return state_->memo; }

StepResult StepSimulator::run(const Workload& workload, const StepOptions& options,
                              Timeline* timeline) {
  state_->keeps_times = timeline != nullptr;
  state_->met.clear();
  state_->times.clear();
  const CompilerTarget target = compiler_target(state_->chip);
  const StepCompiler compiler(workload, target);
  StepResult result;
  result.mappings = options.mappings;
  std::optional<Progress> progress;
  if (!options.progress.empty()) progress.emplace(options.progress, "stages", compiler.stages());
  for (int stage = 0; stage < compiler.stages(); ++stage) {
    if (options.search > 0) state_->search(compiler, workload, stage, options, result);
    const Program program = compiler.stage(stage, result.mappings);
    const State::KnownStage known = state_->simulate(program, options.memoise, result);
    result.statistics.append(known.statistics);
    if (timeline != nullptr) {
      timeline->add(program, state_->run_of(program, known), known.statistics);
    }
    result.outline.stages.push_back(program.stages.front());
    result.outline.commands += static_cast<std::int64_t>(program.commands.size());
    if (progress) {
      progress->advance();
      progress->refresh();
    }
  }
  result.outline.compulsory_bytes = compiler.compulsory_bytes();
  result.outline.scratchpad_peak_bytes = compiler.scratchpad_peak_bytes();
  result.outline.dram_bytes = compiler.dram_bytes();
  result.outline.persistent_bytes = compiler.persistent_bytes();
  if (!state_->chip.ideal_dram) {
    check_compulsory_bytes(result.outline.compulsory_bytes, result.statistics);
  }
  return result;
}

}  // namespace nibble
