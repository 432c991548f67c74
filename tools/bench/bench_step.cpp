// Whole training steps by the engine `timing`: host time, memory, and what memoising saves.
// Processor time; each simulation in a process of its own. Run from the root of the repository.
// Exits 1 above the bars it vouches for.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <stdexcept>

#include <fmt/core.h>
#include <sys/resource.h>

#include "sim/config/network_reader.h"
#include "sim/driver/child_process.h"
#include "sim/driver/step_simulation.h"

namespace nibble {
namespace {

constexpr int kRounds = 3;
constexpr double kLongSeconds = 5;
constexpr double kMostBatchRatio = 30;  // batch 64 over batch 1
constexpr double kMiB = 1024.0 * 1024;

struct Case {
  const char* title;
  const char* network;
  const char* chip;
  std::vector<std::string> sets;
  std::int64_t batch;
  bool memoise;
  double most_seconds;  // 0: no bar
};

struct Cost {
  double seconds = 1e30;
  long peak_kib = 0;
  long cycles = 0;
  long commands = 0;
  long bursts = 0;
};

Cost measure_once(const Case& at) {
  std::vector<YamlOverride> overrides;
  for (const std::string& set : at.sets) overrides.push_back(parse_override(set));
  const ChipConfig chip = read_chip("configs", at.chip, overrides);
  const Network network = read_network(fmt::format("configs/networks/{}.yaml", at.network));
  WorkloadOptions options;
  options.batch = at.batch;
  ChildProcess child([&] {
    const std::clock_t start = std::clock();
    const Workload workload = build_workload(network, options);
    StepSimulator simulator(chip);
    StepOptions step;
    step.memoise = at.memoise;
    const StepResult result = simulator.run(workload, step);
    const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return fmt::format("{} {} {} {} {}", seconds, usage.ru_maxrss, result.statistics.total.cycles(),
                       result.outline.commands, result.statistics.dram.bursts());
  });
  Cost cost;
  if (std::sscanf(child.result().c_str(), "%lf %ld %ld %ld %ld", &cost.seconds, &cost.peak_kib,
                  &cost.cycles, &cost.commands, &cost.bursts) != 5) {
    throw std::runtime_error("a measurement came back unreadable");
  }
  return cost;
}

Cost measure(const Case& at) {
  Cost best;
  for (int round = 0; round < kRounds; ++round) {
    const Cost cost = measure_once(at);
    if (cost.seconds < best.seconds) best = cost;
    if (cost.seconds > kLongSeconds) break;  // noise matters less
  }
  return best;
}

int run() {
  const std::vector<std::string> ddr4 = {"dram.preset=ddr4_3200", "dram.channels=1"};
  const std::vector<std::string> lpddr5 = {"dram.channels=1"};
  const std::vector<Case> cases = {
      {"ResNet-50, LPDDR5 x1", "resnet50", "edge", lpddr5, 1, false, 0.8},
      {"ResNet-50, DDR4 x1", "resnet50", "edge", ddr4, 1, false, 0.4},
      {"ResNet-50, LPDDR5 x1, memoised", "resnet50", "edge", lpddr5, 1, true, 0.3},
      {"ResNet-50 on edge (LPDDR5 x4)", "resnet50", "edge", {}, 1, false, 0},
      {"the same, batch 64", "resnet50", "edge", {}, 64, false, 0},
      {"the same, batch 64, memoised", "resnet50", "edge", {}, 64, true, 0},
      {"ResNet-50 on rapid, batch 4", "resnet50", "rapid", {}, 4, true, 0},
      {"ResNet-50 on server, batch 32", "resnet50", "server", {}, 32, true, 0}};
  fmt::print("{:<36}{:>10}{:>8}{:>10}{:>14}{:>10}{:>12}\n", "training step", "seconds", "bar",
             "MiB", "cycles", "commands", "bursts");
  bool good = true;
  double batch_1 = 0;
  for (const Case& at : cases) {
    const Cost cost = measure(at);
    const bool met = at.most_seconds == 0 || cost.seconds < at.most_seconds;
    good = good && met;
    fmt::print("{:<36}{:>10.3f}{:>8}{:>10.1f}{:>14}{:>10}{:>12}{}\n", at.title, cost.seconds,
               at.most_seconds == 0 ? "" : fmt::format("{}", at.most_seconds),
               static_cast<double>(cost.peak_kib) * 1024 / kMiB, cost.cycles, cost.commands,
               cost.bursts, met ? "" : "  missed");
    if (&at == &cases[3]) batch_1 = cost.seconds;
    if (&at == &cases[4]) {
      const double ratio = cost.seconds / batch_1;
      good = good && ratio < kMostBatchRatio;
      fmt::print("  {:.1f} x batch 1, bar {}\n", ratio, kMostBatchRatio);
    }
    std::fflush(stdout);
  }
  return good ? 0 : 1;
}

}  // namespace
}  // namespace nibble

extern "C" int sc_main(int /*argc*/, char** /*argv*/) {
  try {
    return nibble::run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_step: {}\n", error.what());
    return 1;
  }
}
