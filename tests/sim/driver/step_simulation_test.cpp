// A step simulated stage by stage: the same cycles as the whole program in one go, with and without
// memory of earlier stages, and mappings that can only gain.
#include "sim/driver/step_simulation.h"

#include <catch2/catch.hpp>

#include "sim/driver/child_process.h"
#include "sim/stats/run_statistics.h"
#include "tests/sim/support/chip_child.h"
#include "tests/sim/support/random_chip.h"
#include "tests/sim/support/random_network.h"

namespace nibble {
namespace {

using namespace test;

struct Outcome {
  Cycles cycles = 0, saved = 0;
  int simulated = 0;
  std::size_t stages = 0;
  std::string dram;
};

std::string dram_text(const DramStatistics& dram) {
  return std::to_string(dram.bytes_read) + " " + std::to_string(dram.bytes_written) + " " +
         std::to_string(dram.row_hits) + " " + std::to_string(dram.bursts());
}

/// SystemC elaborates once a process.
Outcome simulate(const ChipConfig& chip, const Workload& workload, const StepOptions& options) {
  Outcome outcome;
  ChildProcess child([&] {
    StepSimulator simulator(chip);
    const StepResult result = simulator.run(workload, options);
    Cycles saved = 0;
    for (const FoundMapping& found : result.found) saved += found.saved;
    return std::to_string(result.statistics.total.cycles()) + " " + std::to_string(saved) + " " +
           std::to_string(result.stages_simulated) + " " +
           std::to_string(result.outline.stages.size()) + "|" + dram_text(result.statistics.dram);
  });
  const std::string text = child.result();
  long cycles = 0, saved = 0;
  REQUIRE(std::sscanf(text.c_str(), "%ld %ld %d %zu", &cycles, &saved, &outcome.simulated,
                      &outcome.stages) == 4);
  outcome.cycles = cycles;
  outcome.saved = saved;
  outcome.dram = text.substr(text.find('|') + 1);
  return outcome;
}

struct Draw {
  ChipConfig chip;
  Workload workload;
};

Draw draw(std::uint64_t seed) {
  Random random(seed);
  WorkloadOptions options;
  options.batch = pick(random, 1, 4);
  options.training = !one_in(random, 4);
  Draw draw;
  draw.workload = build_workload(random_network(random, true), options);
  draw.chip = random_chip(random, ArrayKind::nibble4_and_fp16);
  draw.chip.cores = static_cast<int>(pick(random, 1, 3));
  draw.chip.scratchpad = {256 * 1024, 128 * 1024, 4096};
  return draw;
}

}  // namespace

TEST_CASE("Stage by stage, memoised or not, a step takes the cycles of its whole program") {
  for (std::uint64_t seed = 1; seed <= 15; ++seed) {
    INFO("seed " << seed);
    const Draw at = draw(seed);
    const Program program = compile(at.workload, compiler_target(at.chip));
    const ChildRun whole = run_timing(at.chip, program);
    StepOptions options;
    options.memoise = false;
    const Outcome plain = simulate(at.chip, at.workload, options);
    CHECK(plain.cycles == whole.run.cycles);
    CHECK(plain.dram == dram_text(whole.run.dram));
    CHECK(plain.simulated == static_cast<int>(plain.stages));
    options.memoise = true;
    const Outcome memoised = simulate(at.chip, at.workload, options);
    CHECK(memoised.cycles == plain.cycles);
    CHECK(memoised.dram == plain.dram);
    CHECK(memoised.simulated <= plain.simulated);
  }
}

TEST_CASE("Layers that are alike are simulated once") {
  Network network;
  network.name = "alike";
  network.input = {8, 8, 16};
  network.classes = 16;
  network.layers.push_back(make_layer("act", LayerKind::pact, {-1}));
  for (int i = 0; i < 12; ++i) {
    network.layers.push_back(
        make_conv("conv" + std::to_string(i), 2 * i, 16, 3, 1, 1, LayerPrecision::int4_fp4));
    network.layers.push_back(make_layer("act" + std::to_string(i), LayerKind::pact, {2 * i + 1}));
  }
  infer_shapes(network);
  WorkloadOptions options;
  options.batch = 2;
  const Workload workload = build_workload(network, options);
  ChipConfig chip = plain_chip();
  chip.scratchpad = {64 * 1024, 64 * 1024, 4096};  // nothing stays, so that all are alike
  const Outcome memoised = simulate(chip, workload, {});
  CHECK(memoised.stages > 40);
  CHECK(memoised.simulated < 16);
  StepOptions plain;
  plain.memoise = false;
  CHECK(simulate(chip, workload, plain).cycles == memoised.cycles);
}

TEST_CASE("A search never loses to the rule, and says what it has gained") {
  Cycles gained = 0;
  for (std::uint64_t seed = 100; seed < 110; ++seed) {
    INFO("seed " << seed);
    const Draw at = draw(seed);
    const Outcome rule = simulate(at.chip, at.workload, {});
    StepOptions options;
    options.search = 3;
    const Outcome searched = simulate(at.chip, at.workload, options);
    CHECK(searched.cycles == rule.cycles - searched.saved);
    CHECK(searched.saved >= 0);
    gained += searched.saved;
  }
  CHECK(gained > 0);
}

TEST_CASE("Pinned mappings are kept by a search") {
  const Draw at = draw(7);
  StepOptions options;
  for (std::size_t i = 0; i < at.workload.operations.size(); ++i) {
    const auto* gemm = std::get_if<GemmWork>(&at.workload.operations[i].work);
    if (gemm == nullptr || gemm->pass != GemmPass::forward) continue;
    GemmMapping mapping;
    mapping.held = HeldOperand::streamed;
    options.mappings[i] = mapping;
  }
  REQUIRE_FALSE(options.mappings.empty());
  options.search = 2;
  const MappingTable pinned = options.mappings;
  ChildProcess child([&] {
    StepSimulator simulator(at.chip);
    const StepResult result = simulator.run(at.workload, options);
    for (const auto& [operation, mapping] : pinned) {
      if (!(result.mappings.at(operation) == mapping)) return std::string("moved");
    }
    return std::string("kept");
  });
  CHECK(child.result() == "kept");
}

}  // namespace nibble
