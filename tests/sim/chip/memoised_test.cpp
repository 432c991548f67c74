// A step simulated stage by stage, with and without memory of earlier stages, has every count of
// the whole program in one run, not its cycles alone.
#include <sstream>

#include <catch2/catch.hpp>

#include "sim/driver/child_process.h"
#include "sim/driver/step_simulation.h"
#include "sim/stats/run_statistics.h"
#include "tests/sim/support/chip_child.h"
#include "tests/sim/support/random_chip.h"
#include "tests/sim/support/random_network.h"

namespace nibble {
namespace {

using namespace test;

// Structs are taken apart by structured bindings, so that a new field does not compile here before
// it is compared.
template <typename... Values>
std::string line(const char* name, const Values&... values) {
  std::ostringstream text;
  text << name;
  (text << ... << (" " + std::to_string(values)));
  return text.str() + "\n";
}

template <typename Values>
std::string list(const char* name, const Values& values) {
  std::string text = name;
  for (const auto value : values) text += " " + std::to_string(value);
  return text + "\n";
}

std::string text_of(const DramStatistics& dram) {
  const auto& [commands, read, written, hits, busy, active] = dram;
  return list("dram commands", commands) + line("dram", read, written, hits, busy, active);
}

std::string text_of(const ActionCounts& actions) {
  const auto& [int4, even, odd, fp16, fp8, int4_useful, even_useful, odd_useful, fp16_useful,
               fp8_useful, accumulations, additions, sfu, read, written, hops, link] = actions;
  return line("actions", int4, even, odd, fp16, fp8, int4_useful, even_useful, odd_useful,
              fp16_useful, fp8_useful, accumulations, additions, sfu, read, written, hops, link);
}

std::string text_of(const StageStatistics& stage) {
  const auto& [begin, end, streaming, stalls, useful, issued, array, read, written, dram, loaded,
               stored, actions] = stage;
  return line("stage", begin, end, streaming, useful, issued, array, read, written, loaded,
              stored) +
         list("stalls", stalls) + text_of(dram) + text_of(actions);
}

std::string text_of(const RunStatistics& statistics) {
  const auto& [stages, total, busy, dram, memory_links] = statistics;
  std::string text;
  for (const StageStatistics& stage : stages) text += text_of(stage);
  return text + "total: " + text_of(total) + list("busy", busy) + text_of(dram) +
         line("memory links", memory_links);
}

/// SystemC elaborates once a process; the simulator can run many steps.
struct Steps {
  std::string plain, memoised;
  bool remembered = false;  // a stage of the memoised step was not simulated
};

Steps simulate(const ChipConfig& chip, const Workload& workload) {
  ChildProcess child([&] {
    StepSimulator simulator(chip);
    StepOptions options;
    options.memoise = false;
    const StepResult plain = simulator.run(workload, options);
    options.memoise = true;
    const StepResult memoised = simulator.run(workload, options);
    const bool remembered = memoised.stages_simulated < plain.stages_simulated;
    return (remembered ? "+" : "-") + text_of(plain.statistics) + "|" +
           text_of(memoised.statistics);
  });
  const std::string text = child.result();
  const std::size_t middle = text.find('|');
  return {text.substr(1, middle - 1), text.substr(middle + 1), text.front() == '+'};
}

/// The same layer over and over: what a memory is for.
Network alike() {
  Network network;
  network.name = "alike";
  network.input = {6, 6, 16};
  network.classes = 16;
  network.layers.push_back(make_layer("act", LayerKind::pact, {-1}));
  for (int i = 0; i < 4; ++i) {
    network.layers.push_back(
        make_conv("conv" + std::to_string(i), 2 * i, 16, 3, 1, 1, LayerPrecision::int4_fp4));
    network.layers.push_back(make_layer("act" + std::to_string(i), LayerKind::pact, {2 * i + 1}));
  }
  infer_shapes(network);
  return network;
}

}  // namespace

TEST_CASE("Stage by stage, memoised or not, a step has every count of its whole program") {
  constexpr int kMostCores = 4;
  int remembered = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    WorkloadOptions options;
    options.batch = pick(random, 1, 3);
    options.training = !one_in(random, 4);
    Network network = one_in(random, 2) ? alike() : random_network(random, true);
    if (one_in(random, 3)) network = random_timing_network(random);
    const Workload workload = build_workload(network, options);
    ChipConfig chip = random_chip(random, ArrayKind::nibble4_and_fp16, kMostCores);
    fit_buffers(random, workload, chip);
    const Program program = compile(workload, target_of(chip));
    const std::string whole =
        text_of(collect_statistics(program, chip, run_timing(chip, program).run));
    const Steps steps = simulate(chip, workload);
    CHECK(steps.plain == whole);
    CHECK(steps.memoised == whole);
    remembered += steps.remembered;
  }
  CHECK(remembered > 5);
}

}  // namespace nibble
