// Whole training steps through the RTL: every 4-bit GEMM of ResNet-18 and ResNet-50, batch 1, on
// the Verilated 64 x 64 tile inside the SystemC chip, with random operands. The step's processor
// time is set against what the bare tile needs for the same useful MACs in a C++ loop, measured in
// the same process; then the same with every result compared with the model's. Layers kept in fp16
// run on another tile and take its closed form here. Run from the root of the repository. Exits 1
// beyond the ratios it vouches for, or if a result differs.
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include <fmt/core.h>

#include "sim/config/network_reader.h"
#include "sim/driver/child_process.h"
#include "sim/driver/chip_simulation.h"
#include "tools/bench/bare_tile.h"
#include "tools/bench/main_array_executor.h"
#include "tools/bench/simulation_main.h"
#include "tools/bench/verdicts.h"

namespace nibble {
namespace {

constexpr double kMostOfBare = 2.5;   // step over bare tile
constexpr double kMostOfCheck = 1.5;  // checked step over step
constexpr int kBareRounds = 9;
constexpr int kRounds = 2;
constexpr const char* kExperiment = "configs/experiments/quickstart.yaml";
constexpr const char* kNetworks[] = {"resnet18", "resnet50"};
/// The chip `edge`, but that its stream buffer holds the weights of the largest layer twice.
constexpr const char* kScratchpad[] = {"chip.scratchpad.kib=16384",
                                       "chip.scratchpad.stream_buffer_kib=8192"};

/// Processor seconds of one step.
struct StepCost {
  double step = 0;
  double array = 0;  // of its 4-bit commands
  double bare = 0;   // the bare tile for the same MACs
  double gmacs = 0;  // 4-bit, useful
  long compared = 0;
};

/// Step and bare tile one after the other in one child, so that they see the same machine.
StepCost measure(const ChipConfig& chip, const Program& program, bool check) {
  ChildProcess child([&] {
    SyntheticOptions options;
    options.check = check;
    MainArrayExecutor executor(program, chip, options);
    const std::clock_t start = std::clock();
    (void)run_chip(chip, program, executor);
    const double step = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    const ComparisonCount& count = executor.count();
    if (count.mismatches != 0) throw std::runtime_error("mismatch: " + count.first_mismatch);
    std::mt19937 random(1);
    BareTile bare(chip.tile, StreamFormat::u4, random);
    double bare_rate = 0;
    for (int round = 0; round < kBareRounds; ++round) bare_rate = std::max(bare_rate, bare.run());
    const double gmacs = static_cast<double>(executor.macs_useful) / 1e9;
    return fmt::format("{} {} {} {} {}", step, executor.busy_s, gmacs / bare_rate, gmacs,
                       count.compared);
  });
  StepCost cost;
  if (std::sscanf(child.result().c_str(), "%lf %lf %lf %lf %ld", &cost.step, &cost.array,
                  &cost.bare, &cost.gmacs, &cost.compared) != 5) {
    throw std::runtime_error("a measurement came back unreadable");
  }
  return cost;
}

StepCost best(const ChipConfig& chip, const Program& program, bool check) {
  StepCost best = measure(chip, program, check);
  for (int round = 1; round < kRounds; ++round) {
    const StepCost cost = measure(chip, program, check);
    if (cost.step / cost.bare < best.step / best.bare) best = cost;
  }
  return best;
}

}  // namespace

int run_benchmark() {
  Verdicts verdicts;
  fmt::print(
      "training step of one image, all 4-bit GEMMs through the RTL (processor time, best of "
      "{})\n{:<10}{:>8}{:>10}{:>10}{:>11}{:>10}{:>12}{:>12}{:>16}\n",
      kRounds, "network", "GMAC", "bare, s", "step, s", "array, s", "of bare", "checked, s",
      "of step", "results checked");
  std::vector<YamlOverride> overrides;
  for (const char* change : kScratchpad) overrides.push_back(parse_override(change));
  for (const char* name : kNetworks) {
    Experiment experiment = read_experiment(kExperiment, overrides);
    experiment.network = read_network(fmt::format("configs/networks/{}.yaml", name), {});
    const SimulationRequest request{experiment, experiment.chip, 1, true};
    const Program program = compile_for(request);
    const StepCost step = best(experiment.chip, program, false);
    const StepCost checked = best(experiment.chip, program, true);
    // In bare-tile time, so that a slow spell of the machine cancels.
    const double of_bare = step.step / step.bare;
    const double of_step = checked.step / checked.bare / of_bare;
    fmt::print("{:<10}{:>8.2f}{:>10.2f}{:>10.2f}{:>11.2f}{:>9.2f}x{:>12.2f}{:>11.2f}x{:>16}\n",
               name, step.gmacs, step.bare, step.step, step.array, of_bare, checked.step, of_step,
               checked.compared);
    verdicts.at_most(fmt::format("{} step, RTL, over the bare tile", name), of_bare, kMostOfBare,
                     "x");
    verdicts.at_most(fmt::format("{} step, --check over RTL alone", name), of_step, kMostOfCheck,
                     "x");
  }
  return verdicts.finish();
}

}  // namespace nibble
