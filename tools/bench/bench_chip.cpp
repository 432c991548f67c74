// The SystemC chip as a whole: what of the bare tile's rate is left inside it, and how much faster
// the timing engine is than the RTL on the main job. Processor time; each simulation in a process
// of its own. Run from the root of the repository. Exits 1 below the ratios it vouches for, or if
// the engines' cycles differ.
#include <cstdlib>
#include <ctime>
#include <stdexcept>

#include <fmt/core.h>

#include "models/trace/trace.h"
#include "sim/config/network_reader.h"
#include "sim/driver/child_process.h"
#include "sim/driver/chip_simulation.h"
#include "sim/driver/inference_run.h"
#include "tools/bench/bare_tile.h"
#include "tools/bench/main_array_executor.h"
#include "tools/bench/simulation_main.h"
#include "tools/bench/verdicts.h"

namespace nibble {
namespace {

constexpr double kLeastChipShare = 0.8;    // of the bare rate, while tiles are busy
constexpr double kLeastTimingRatio = 100;  // rtl over timing, main job
constexpr int kRounds = 5;
constexpr const char* kQuickstart = "configs/experiments/quickstart.yaml";

/// Layers that fill a 64 x 64 tile.
constexpr const char* kBusyNetwork =
    "network: busy\n"
    "input: {height: 28, width: 28, channels: 1}\n"
    "classes: 10\n"
    "precision: {default: int4_fp4, first: fp16, last: fp16}\n"
    "layers:\n"
    "  - {name: first, type: conv, filters: 64, kernel: 1}\n"
    "  - {name: act, type: pact}\n"
    "  - {name: a, type: conv, filters: 64, kernel: 3, padding: 1}\n"
    "  - {name: act_a, type: pact}\n"
    "  - {name: b, type: conv, filters: 64, kernel: 3, padding: 1}\n"
    "  - {name: act_b, type: pact}\n"
    "  - {name: pool, type: global_avg_pool}\n"
    "  - {name: fc, type: linear, filters: 10}\n";

double processor_seconds() {
  return static_cast<double>(std::clock()) / static_cast<double>(CLOCKS_PER_SEC);
}

struct BusyRates {
  double bare = 0;    // GMAC/s
  double inside = 0;  // GMAC/s while the tile executes
};

/// Both in one child, one after the other, so that they see the same machine.
BusyRates measure_busy(const Experiment& experiment) {
  const SimulationRequest request{experiment, experiment.chip, 4, true};
  const Program program = compile_for(request);
  ChildProcess child([&] {
    std::mt19937 random(1);
    BareTile bare(experiment.chip.tile, StreamFormat::u4, random);
    double bare_rate = 0;
    for (int round = 0; round < kRounds; ++round) bare_rate = std::max(bare_rate, bare.run());
    MainArrayExecutor executor(program, experiment.chip, SyntheticOptions{});
    (void)run_chip(experiment.chip, program, executor);
    return fmt::format("{} {}", bare_rate,
                       static_cast<double>(executor.count().macs_issued) / executor.busy_s / 1e9);
  });
  BusyRates rates;
  if (std::sscanf(child.result().c_str(), "%lf %lf", &rates.bare, &rates.inside) != 2) {
    throw std::runtime_error("a measurement came back unreadable");
  }
  return rates;
}

struct EngineCost {
  double seconds = 0;  // processor time
  std::int64_t cycles = 0;
};

/// By the engine `timing`, compiled and simulated stage by stage, in this process.
std::int64_t timing_cycles(const SimulationRequest& request) {
  StepSimulator simulator(request.chip);
  return simulator.run(workload_for(request), {}).statistics.total.cycles();
}

/// The training step of the main job.
EngineCost measure_step(const SimulationRequest& request, const Program& program,
                        const Trace& trace, Engine engine) {
  ChildProcess child([&] {
    const double start = processor_seconds();
    ComparisonCount count;
    const std::int64_t cycles = engine == Engine::timing
                                    ? timing_cycles(request)
                                    : simulate_replay(request, program, trace, engine, count)
                                          .at("cycles")
                                          .get<std::int64_t>();
    if (count.mismatches != 0) throw std::runtime_error("mismatches: " + count.first_mismatch);
    return fmt::format("{} {}", processor_seconds() - start, cycles);
  });
  EngineCost cost;
  if (std::sscanf(child.result().c_str(), "%lf %ld", &cost.seconds, &cost.cycles) != 2) {
    throw std::runtime_error("a measurement came back unreadable");
  }
  return cost;
}

EngineCost best_step(const SimulationRequest& request, const Program& program, const Trace& trace,
                     Engine engine) {
  EngineCost best = measure_step(request, program, trace, engine);
  for (int round = 1; round < kRounds; ++round) {
    const EngineCost cost = measure_step(request, program, trace, engine);
    if (cost.seconds < best.seconds) best = cost;
  }
  return best;
}

/// The images of the main job, seconds: the RTL computes every batch; to the timing engine batches
/// are alike (fences make them so), so it times one.
double measure_images(const Experiment& experiment, Engine engine) {
  if (engine == Engine::rtl)
    return run_inference(experiment, load_inference(experiment), engine).compute_s;
  const SimulationRequest request{experiment, experiment.chip, kInferenceBatch, false};
  ChildProcess child([&] {
    const double child_start = processor_seconds();
    (void)timing_cycles(request);
    return fmt::format("{}", processor_seconds() - child_start);
  });
  return std::stod(child.result());
}

}  // namespace

int run_benchmark() {
  Verdicts verdicts;
  Experiment busy = read_experiment(kQuickstart, {});
  busy.network = parse_network(kBusyNetwork, "busy network");
  const BusyRates rates = measure_busy(busy);
  fmt::print("4-bit tile 64x64, GMAC/s: bare {:.2f}, inside the chip while busy {:.2f}\n",
             rates.bare, rates.inside);
  verdicts.at_least("tile inside the chip over bare tile, while busy", rates.inside / rates.bare,
                    kLeastChipShare, "x");

  const Experiment experiment = read_experiment(kQuickstart, {});
  const SimulationRequest request{experiment, experiment.chip, experiment.batch,
                                  experiment.training};
  const Program program = compile_for(request);
  const Trace trace = read_trace(experiment.trace_file);
  fmt::print("\n{:<10}{:>12}{:>14}{:>14}\n", "engine", "cycles", "step, ms", "Mcycles/s");
  EngineCost costs[3];
  bool same_cycles = true;
  for (const Engine engine : {Engine::rtl, Engine::model, Engine::timing}) {
    const EngineCost cost = best_step(request, program, trace, engine);
    costs[static_cast<int>(engine)] = cost;
    same_cycles = same_cycles && cost.cycles == costs[0].cycles;
    fmt::print("{:<10}{:>12}{:>14.2f}{:>14.1f}\n", engine_name(engine), cost.cycles,
               1e3 * cost.seconds, static_cast<double>(cost.cycles) / cost.seconds / 1e6);
  }
  const double rtl_images = measure_images(experiment, Engine::rtl);
  const double timing_images = measure_images(experiment, Engine::timing);
  const EngineCost& rtl = costs[static_cast<int>(Engine::rtl)];
  const EngineCost& timing = costs[static_cast<int>(Engine::timing)];
  fmt::print("\ntiming over rtl, training step: {:.0f} x\n", rtl.seconds / timing.seconds);
  verdicts.at_least(
      fmt::format("rtl over timing, main job with {} images", experiment.inference->images),
      (rtl.seconds + rtl_images) / (timing.seconds + timing_images), kLeastTimingRatio, "x");
  verdicts.holds("the engines report the same cycles", same_cycles);
  return verdicts.finish();
}

}  // namespace nibble
