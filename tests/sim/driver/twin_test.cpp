// The FP16 chip beside a chip: the best shape.
#include "sim/driver/twin.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "sim/driver/chip_simulation.h"

namespace nibble {
namespace {

constexpr const char* kQuickstart = NIBBLE_SOURCE_DIR "/configs/experiments/quickstart.yaml";

Experiment quickstart(const std::vector<std::string>& sets = {}) {
  std::vector<YamlOverride> overrides;
  overrides.reserve(sets.size());
  for (const std::string& set : sets) overrides.push_back(parse_override(set));
  return read_experiment(kQuickstart, overrides);
}

std::vector<ChipConfig> candidates_of(const Experiment& experiment) {
  return twin_candidates(experiment.chip, experiment.energy, *experiment.twin);
}

}  // namespace

TEST_CASE("A twin in fp8 has the candidates of one in fp16, the best of them is faster") {
  const Experiment fp16 = quickstart({"engine=timing"});
  const Experiment fp8 = quickstart({"engine=timing", "twin_precision=fp8"});
  const std::vector<ChipConfig> wide = candidates_of(fp16);
  const std::vector<ChipConfig> narrow = candidates_of(fp8);
  REQUIRE(wide.size() == narrow.size());
  for (std::size_t i = 0; i < wide.size(); ++i) {
    CHECK(wide[i].tile.lanes == narrow[i].tile.lanes);
    CHECK(wide[i].tile.cols == narrow[i].tile.cols);
    CHECK(narrow[i].tile.precision == TilePrecision::fp16);
  }
  const auto cycles = [](const Experiment& experiment) {
    const SimulationRequest request{experiment, TwinSearch(experiment).result().chip,
                                    experiment.batch, experiment.training};
    return time_step(request, {}).report.at("cycles").get<Cycles>();
  };
  CHECK(cycles(fp8) < cycles(fp16));
}

TEST_CASE("The chosen twin is the faster of the two that are fastest with memory in no time") {
  for (const char* clock :
       {"chip.clock_mhz=1000", "chip.clock_mhz=100"}) {  // memory is scarce, or not
    INFO(clock);
    const Experiment experiment = quickstart({"batch=2", "engine=timing", clock});
    const auto cycles = [&](ChipConfig chip, bool ideal) {
      chip.ideal_dram = ideal;
      chip.ideal_ring = ideal;
      const SimulationRequest request{experiment, chip, experiment.batch, experiment.training};
      return time_step(request, {}).report.at("cycles").get<Cycles>();
    };
    std::vector<std::pair<Cycles, Cycles>> candidates;  // with memory in no time, and in full
    for (const ChipConfig& twin : candidates_of(experiment)) {
      candidates.emplace_back(cycles(twin, true), cycles(twin, false));
    }
    std::sort(candidates.begin(), candidates.end());
    const ChosenTwin chosen = TwinSearch(experiment).result();
    const Cycles fewest = std::min(candidates[0].second, candidates[1].second);
    CHECK(cycles(chosen.chip, false) == fewest);
    CHECK(chosen.step.report.at("cycles").get<Cycles>() == fewest);
    for (const auto& [ideal, full] : candidates) CHECK(fewest <= full);
  }
}

}  // namespace nibble
