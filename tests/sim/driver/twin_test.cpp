// The FP16 chip beside a chip: as much silicon, the best shape.
#include "sim/driver/twin.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "sim/driver/chip_simulation.h"
#include "sim/energy/area.h"
#include "sim/energy/energy.h"

namespace nibble {
namespace {

constexpr const char* kQuickstart = NIBBLE_SOURCE_DIR "/configs/experiments/quickstart.yaml";

Experiment quickstart(const std::vector<std::string>& sets = {}) {
  std::vector<YamlOverride> overrides;
  overrides.reserve(sets.size());
  for (const std::string& set : sets) overrides.push_back(parse_override(set));
  return read_experiment(kQuickstart, overrides);
}

double arrays_mm2(const ChipConfig& chip, const EnergyTable& table) {
  const AreaReport area = area_of(chip, table);
  return area.tile + area.fp16_tile;
}

}  // namespace

namespace {

/// No candidate is nearer to the chip, by `measure` of the arrays, with a lane less or more.
void check_nearest(const Experiment& experiment,
                   double (*measure)(const ChipConfig&, const EnergyTable&)) {
  const double wanted = measure(experiment.chip, experiment.energy);
  const std::vector<ChipConfig> candidates = twin_candidates(experiment);
  REQUIRE(candidates.size() == 4);
  for (const ChipConfig& twin : candidates) {
    INFO(twin.tile.lanes << " lanes x " << twin.tile.cols << " columns");
    const double off = std::abs(measure(twin, experiment.energy) - wanted);
    for (const int step : {-1, 1}) {
      ChipConfig other = twin;
      other.tile.lanes += step;
      CHECK(off <= std::abs(measure(other, experiment.energy) - wanted));
    }
  }
}

}  // namespace

TEST_CASE("A twin of equal area is no further from the chip's arrays than half a lane") {
  for (const char* change : {"chip.tile.count=1", "chip.tile.count=3",
                             "chip.silicon.fp16_unit=dot_product", "chip.silicon.area_ratio=7.3"}) {
    INFO(change);
    check_nearest(quickstart({change}), arrays_mm2);
  }
}

TEST_CASE("A twin of equal power is no further from the chip's arrays than half a lane") {
  for (const char* change : {"chip.tile.count=1", "chip.tile.count=3"}) {
    check_nearest(quickstart({"twin=equal_power", change}), arrays_pj_per_cycle);
  }
}

TEST_CASE("The denser the 4-bit array, the smaller its twin of equal area") {
  const auto macs = [](const char* change) {
    return twin_candidates(quickstart({change})).front().tile.macs_per_cycle();
  };
  CHECK(macs("chip.silicon.area_ratio=20") < macs("chip.silicon.area_ratio=10"));
  CHECK(macs("chip.silicon.area_ratio=10") < macs("chip.silicon.area_ratio=5"));
}

TEST_CASE("A twin of equal lanes has as many FMAs as the chip has 4-bit cells") {
  for (const ChipConfig& twin : twin_candidates(quickstart({"twin=equal_lanes"}))) {
    CHECK(twin.tile.macs_per_cycle() == 64 * 64);
  }
}

TEST_CASE("A twin of equal density has the FMAs that fit the 4-bit array's area within 1 %") {
  for (const int tiles : {1, 2}) {
    for (const char* change : {"chip.silicon.area_ratio=7.3", "chip.silicon.fp16_unit=fma"}) {
      const Experiment experiment =
          quickstart({"twin=equal_density", "chip.tile.count=" + std::to_string(tiles),
                      "chip.scratchpad.bytes_per_cycle=4096", change});
      const double ratio = experiment.chip.silicon.area_ratio(64);
      const std::vector<ChipConfig> candidates = twin_candidates(experiment);
      REQUIRE_FALSE(candidates.empty());
      for (const ChipConfig& twin : candidates) {
        CHECK(static_cast<double>(twin.tile.macs_per_cycle()) * ratio / (4096 * tiles) ==
              Approx(1).epsilon(0.01));
      }
    }
  }
}

TEST_CASE("The twin of several cores has as many, each of equal area") {
  const Experiment one = quickstart();
  const Experiment four =
      quickstart({"chip.cores=4", "chip.ring.bytes_per_cycle=128", "chip.ring.hop_cycles=1"});
  const std::vector<ChipConfig> alone = twin_candidates(one);
  const std::vector<ChipConfig> together = twin_candidates(four);
  REQUIRE(alone.size() == together.size());
  for (std::size_t i = 0; i < alone.size(); ++i) {
    CHECK(together[i].cores == 4);
    CHECK(together[i].tile.lanes == alone[i].tile.lanes);
    CHECK(together[i].tile.cols == alone[i].tile.cols);
    CHECK(arrays_mm2(together[i], four.energy) == Approx(4 * arrays_mm2(alone[i], one.energy)));
  }
}

TEST_CASE("A twin in fp8 has the candidates of one in fp16, the best of them is faster") {
  const Experiment fp16 = quickstart({"engine=timing"});
  const Experiment fp8 = quickstart({"engine=timing", "twin_precision=fp8"});
  const std::vector<ChipConfig> wide = twin_candidates(fp16);
  const std::vector<ChipConfig> narrow = twin_candidates(fp8);
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

TEST_CASE("A twin keeps everything but the arrays, and its scratchpad feeds them") {
  const Experiment experiment = quickstart();
  const ChipConfig& chip = experiment.chip;
  for (const ChipConfig& twin : twin_candidates(experiment)) {
    CHECK(twin.name == "edge_fp16");
    CHECK(twin.tile.precision == TilePrecision::fp16);
    CHECK_FALSE(twin.fp16_tile.has_value());
    CHECK(twin.clock_period_ps == chip.clock_period_ps);
    CHECK(twin.scratchpad.bytes == chip.scratchpad.bytes);
    CHECK(twin.scratchpad.stream_buffer_bytes == chip.scratchpad.stream_buffer_bytes);
    CHECK(twin.sfu.lanes == chip.sfu.lanes);
    CHECK(twin.dma.outstanding == chip.dma.outstanding);
    CHECK(twin.dram.channels == chip.dram.channels);
    // A row, B row and C row of 16 bits, the SFU's port, both directions of the DMA.
    const Bytes streams = (twin.tile.lanes + 2 * twin.tile.cols) * 2 +
                          chip.sfu.port_bytes_per_cycle + 2 * chip.dma.bytes_per_cycle;
    CHECK(twin.scratchpad.bytes_per_cycle >= streams);
  }
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
    for (const ChipConfig& twin : twin_candidates(experiment)) {
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
