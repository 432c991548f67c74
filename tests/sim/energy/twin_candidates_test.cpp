// The FP16 chips that may stand beside a chip: as much silicon, or what else is to be equal.
#include "sim/energy/twin_candidates.h"

#include <cmath>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "sim/energy/area.h"
#include "sim/energy/energy.h"

namespace nibble {
namespace {

constexpr const char* kConfigs = NIBBLE_SOURCE_DIR "/configs";

/// The edge chip with keys changed.
struct Edge {
  explicit Edge(const std::vector<std::string>& sets = {}) {
    std::vector<YamlOverride> overrides;
    overrides.reserve(sets.size());
    for (const std::string& set : sets) overrides.push_back(parse_override(set));
    chip = read_chip(kConfigs, "edge", overrides);
    table = read_energy_table(kConfigs, chip.energy_file, chip.silicon.cells.node_nm);
  }
  [[nodiscard]] std::vector<ChipConfig> candidates(TwinKind kind) const {
    return twin_candidates(chip, table, kind);
  }

  ChipConfig chip;
  EnergyTable table;
};

double arrays_mm2(const ChipConfig& chip, const EnergyTable& table) {
  const AreaReport area = area_of(chip, table);
  return area.tile + area.fp16_tile;
}

/// No candidate is nearer to the chip, by `measure` of the arrays, with a lane less or more.
void check_nearest(const Edge& edge, TwinKind kind,
                   double (*measure)(const ChipConfig&, const EnergyTable&)) {
  const double wanted = measure(edge.chip, edge.table);
  const std::vector<ChipConfig> candidates = edge.candidates(kind);
  REQUIRE(candidates.size() == 4);
  for (const ChipConfig& twin : candidates) {
    INFO(twin.tile.lanes << " lanes x " << twin.tile.cols << " columns");
    const double off = std::abs(measure(twin, edge.table) - wanted);
    for (const int step : {-1, 1}) {
      ChipConfig other = twin;
      other.tile.lanes += step;
      CHECK(off <= std::abs(measure(other, edge.table) - wanted));
    }
  }
}

}  // namespace

TEST_CASE("A twin of equal area is no further from the chip's arrays than half a lane") {
  for (const char* change : {"tile.count=1", "tile.count=3", "silicon.fp16_unit=dot_product",
                             "silicon.area_ratio=7.3"}) {
    INFO(change);
    check_nearest(Edge({change}), TwinKind::equal_area, arrays_mm2);
  }
}

TEST_CASE("A twin of equal power is no further from the chip's arrays than half a lane") {
  for (const char* change : {"tile.count=1", "tile.count=3"}) {
    check_nearest(Edge({change}), TwinKind::equal_power, arrays_pj_per_cycle);
  }
}

TEST_CASE("The denser the 4-bit array, the smaller its twin of equal area") {
  const auto macs = [](const char* change) {
    return Edge({change}).candidates(TwinKind::equal_area).front().tile.macs_per_cycle();
  };
  CHECK(macs("silicon.area_ratio=20") < macs("silicon.area_ratio=10"));
  CHECK(macs("silicon.area_ratio=10") < macs("silicon.area_ratio=5"));
}

TEST_CASE("A twin of equal lanes has as many FMAs as the chip has 4-bit cells") {
  for (const ChipConfig& twin : Edge().candidates(TwinKind::equal_lanes)) {
    CHECK(twin.tile.macs_per_cycle() == 64 * 64);
  }
}

TEST_CASE("A twin of equal density has the FMAs that fit the 4-bit array's area within 1 %") {
  for (const int tiles : {1, 2}) {
    for (const char* change : {"silicon.area_ratio=7.3", "silicon.fp16_unit=fma"}) {
      const Edge edge(
          {"tile.count=" + std::to_string(tiles), "scratchpad.bytes_per_cycle=4096", change});
      const double ratio = edge.chip.silicon.area_ratio(64);
      const std::vector<ChipConfig> candidates = edge.candidates(TwinKind::equal_density);
      REQUIRE_FALSE(candidates.empty());
      for (const ChipConfig& twin : candidates) {
        CHECK(static_cast<double>(twin.tile.macs_per_cycle()) * ratio / (4096 * tiles) ==
              Approx(1).epsilon(0.01));
      }
    }
  }
}

TEST_CASE("The twin of several cores has as many, each of equal area") {
  const Edge one;
  const Edge four({"cores=4", "ring.bytes_per_cycle=128", "ring.hop_cycles=1"});
  const std::vector<ChipConfig> alone = one.candidates(TwinKind::equal_area);
  const std::vector<ChipConfig> together = four.candidates(TwinKind::equal_area);
  REQUIRE(alone.size() == together.size());
  for (std::size_t i = 0; i < alone.size(); ++i) {
    CHECK(together[i].cores == 4);
    CHECK(together[i].tile.lanes == alone[i].tile.lanes);
    CHECK(together[i].tile.cols == alone[i].tile.cols);
    CHECK(arrays_mm2(together[i], four.table) == Approx(4 * arrays_mm2(alone[i], one.table)));
  }
}

TEST_CASE("A twin keeps everything but the arrays, and its scratchpad feeds them") {
  const Edge edge;
  const ChipConfig& chip = edge.chip;
  for (const ChipConfig& twin : edge.candidates(TwinKind::equal_area)) {
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

}  // namespace nibble
