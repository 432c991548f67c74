// Chips: the shipped ones, several cores with their ring and link, and what is refused.
#include "sim/config/chip_config.h"

#include <catch2/catch.hpp>

#include "tests/sim/config/fault_text.h"

namespace nibble {
namespace {

const std::string kConfigs = NIBBLE_SOURCE_DIR "/configs";

std::vector<YamlOverride> overrides_of(const std::vector<std::string>& sets) {
  std::vector<YamlOverride> overrides;
  overrides.reserve(sets.size());
  for (const std::string& set : sets) overrides.push_back(parse_override(set));
  return overrides;
}

ChipConfig read(const std::string& name, const std::vector<std::string>& sets = {}) {
  return read_chip(kConfigs, name, overrides_of(sets));
}

std::string fault(const std::string& name, const std::vector<std::string>& sets) {
  return fault_text([&] { (void)read(name, sets); });
}

double peak_tops(const ChipConfig& chip) { return 2 * chip.peak_macs_per_second() / 1e12; }

}  // namespace

TEST_CASE("The shipped chips have the cores and the peak that their files claim") {
  const ChipConfig edge = read("edge");
  CHECK(edge.cores == 1);
  CHECK(edge.link.workers == 1);
  CHECK(peak_tops(edge) == Approx(8.192));
  // RaPiD: 512 engines x 64 INT4 MACs x 2 x 1.6 GHz = 104.9 TOPS.
  const ChipConfig rapid = read("rapid");
  CHECK(rapid.cores == 4);
  CHECK(rapid.tile.tiles == 2);
  CHECK(peak_tops(rapid) == Approx(512 * 64 * 2 * 1.6e9 / 1e12));
  // Its engines do 8 FP16 FMAs.
  REQUIRE(rapid.fp16_tile.has_value());
  CHECK(rapid.cores * rapid.fp16_tile->macs_per_cycle() == 512 * 8);
  const ChipConfig server = read("server");
  CHECK(server.cores == 32);
  CHECK(peak_tops(server) == Approx(32 * 2 * 4096 * 2 * 1.25e9 / 1e12));
  CHECK(server.ring.memory_stops == 4);
  const ChipConfig density = read("density");
  CHECK(density.ideal_array);
  CHECK(density.ideal_dram);
}

TEST_CASE("The chips take the netlists' areas, those that retrace what was published its ratio") {
  for (const char* name : {"edge", "server"}) {
    const Silicon silicon = read(name).silicon;
    CHECK_FALSE(silicon.given_ratio.has_value());
    CHECK(silicon.area_ratio(64) ==
          silicon.cells.fp16_fma.um2 / silicon.cells.nibble4_mac.mac_um2(64));
  }
  for (const char* name : {"rapid", "density"}) {
    CHECK(read(name).silicon.area_ratio(64) == Approx(7.3));
  }
  CHECK(read("edge", {"silicon.area_ratio=5"}).silicon.area_ratio(64) == Approx(5));
  CHECK(read("edge", {"silicon.fp16_unit=dot_product"}).silicon.area_ratio(64) <
        read("edge").silicon.area_ratio(64));
}

TEST_CASE("The key that the ratio of areas had before says what it is now") {
  CHECK(
      fault("edge", {"fp16_area_ratio=7.3"}) ==
      "--set fp16_area_ratio=7.3: fp16_area_ratio: unknown key (silicon.area_ratio now), allowed "
      "is silicon: {cells: osu018_cells, fp16_unit: fma}, by netlists, or with area_ratio: NUMBER");
}

TEST_CASE("4-bit columns and dot products have four lanes or more, multiply-adds one") {
  CHECK(read("edge", {"tile.lanes=4"}).tile.lanes == 4);
  CHECK(fault("edge", {"tile.lanes=3"}) ==
        "--set tile.lanes=3: tile.lanes: 3 is out of range, allowed is a whole number from 4 to "
        "1024");
  CHECK(read("edge", {"fp16_tile.lanes=1"}).fp16_tile->lanes == 1);
  CHECK(fault("edge", {"fp16_tile.lanes=3", "silicon.fp16_unit=dot_product"})
            .find("fp16_tile.lanes: 3 is out of range") != std::string::npos);
}

TEST_CASE("A link's speed and latency become bytes a cycle and cycles of the chip's clock") {
  const ChipConfig chip = read("server", {"link.workers=8"});
  CHECK(chip.link.workers == 8);
  CHECK(chip.link.bytes_per_cycle == Approx(100e9 / 1250e6));
  CHECK(chip.link.latency_cycles == 2500);  // 2 us at 1.25 GHz
  const ChipConfig slower = read("server", {"clock_mhz=1000"});
  CHECK(slower.link.bytes_per_cycle == Approx(100));
  CHECK(slower.link.latency_cycles == 2000);
}

TEST_CASE("One core needs no ring, several need one with both its keys") {
  CHECK(read("edge", {"cores=1"}).cores == 1);
  CHECK(fault("edge", {"cores=2"}) ==
        "--set cores=2: cores: several cores need a ring, allowed with a ring: map");
  CHECK(fault("edge", {"cores=2", "ring.hop_cycles=1"}).find("ring.bytes_per_cycle: is missing") !=
        std::string::npos);
  CHECK(fault("edge", {"cores=2", "ring.bytes_per_cycle=8"}).find("ring.hop_cycles: is missing") !=
        std::string::npos);
  const ChipConfig two = read("edge", {"cores=2", "ring.bytes_per_cycle=8", "ring.hop_cycles=0"});
  CHECK(two.cores == 2);
  CHECK(two.ring.bytes_per_cycle == 8);
  CHECK(two.ring.hop_cycles == 0);
  CHECK(two.ring.memory_stops == 1);
  CHECK(peak_tops(two) == Approx(2 * 8.192));
}

TEST_CASE("Cores, ring and link out of range are refused with key and range") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"cores=0", "cores: 0 is out of range, allowed is a whole number from 1 to 256"},
      {"cores=257", "cores: 257 is out of range"},
      {"cores=2.5", "cores: 2.5 is not a whole number"},
      {"ring.bytes_per_cycle=0", "ring.bytes_per_cycle: 0 is out of range"},
      {"ring.hop_cycles=-1", "ring.hop_cycles: -1 is out of range"},
      {"ring.hops=1", "ring.hops: unknown key"},
      {"ring.memory_stops=0",
       "ring.memory_stops: 0 is out of range, allowed is a whole number from 1 to 32"},
      {"ring.memory_stops=33", "ring.memory_stops: 33 is out of range"},
      {"ring.memory_stops=1.5", "ring.memory_stops: 1.5 is not a whole number"},
      {"ring.memory_stop=2", "ring.memory_stop: unknown key (did you mean memory_stops?)"},
      {"ring=fast", "ring: is not a map"},
      {"link.workers=0", "link.workers: 0 is out of range"},
      {"link.gb_per_s=0", "link.gb_per_s: 0 is out of range"},
      {"link.latency_us=-1", "link.latency_us: -1 is out of range"},
      {"ideal.ring=some", "ideal.ring: some is neither true nor false"},
      {"ideal.arrays=true", "ideal.arrays: unknown key (did you mean array?)"},
  };
  for (const auto& [set, says] : cases) {
    INFO(set);
    std::string wanted = "--set ";
    wanted.append(set).append(": ").append(says);
    CHECK(fault("server", {set}).find(wanted) == 0);
  }
}

TEST_CASE("A ring has at most as many memory stops as cores, and need not divide them") {
  CHECK(read("server", {"ring.memory_stops=32"}).ring.memory_stops == 32);
  CHECK(read("server", {"ring.memory_stops=5"}).ring.memory_stops == 5);
  CHECK(read("rapid").ring.memory_stops == 1);
  CHECK(fault("server", {"cores=2"})
            .find("ring.memory_stops: 4 is out of range, allowed is a whole number from 1 to 2") !=
        std::string::npos);
}

TEST_CASE("What-if switches are off unless they are given") {
  const ChipConfig chip = read("edge");
  CHECK_FALSE((chip.ideal_dram || chip.ideal_sfu || chip.ideal_ring || chip.ideal_array));
  CHECK(read("edge", {"ideal.ring=true"}).ideal_ring);
  CHECK(read("edge", {"ideal.array=true"}).ideal_array);
}

TEST_CASE("A twin has the chip's cores, ring, link and switches, and one FP16 array a core") {
  const ChipConfig chip = read("server", {"link.workers=4", "ideal.ring=true"});
  const ChipConfig twin = fp16_twin(chip, 16, 8);
  CHECK(twin.name == "server_fp16");
  CHECK(twin.cores == 32);
  CHECK(twin.ring.bytes_per_cycle == chip.ring.bytes_per_cycle);
  CHECK(twin.ring.hop_cycles == chip.ring.hop_cycles);
  CHECK(twin.ring.memory_stops == chip.ring.memory_stops);
  CHECK(twin.link.workers == 4);
  CHECK(twin.ideal_ring);
  CHECK(twin.tile.tiles == 1);
  CHECK_FALSE(twin.fp16_tile.has_value());
  CHECK(twin.peak_macs_per_second() == Approx(32.0 * 16 * 8 * 1.25e9));
}

TEST_CASE("A scratchpad must feed every unit of its core at once, whatever the number of cores") {
  // A row, B row of 2 x 64 4-bit codes; C row; the FP16 tile's; SFU port; two DMA ports.
  const Bytes needed = (64 + 128) / 2 + 128 * 2 + (64 + 16) * 2 + 16 * 2 + 1536 + 2 * 128;
  const auto with = [&](Bytes bytes, int cores) {
    return std::vector<std::string>{"scratchpad.bytes_per_cycle=" + std::to_string(bytes),
                                    "cores=" + std::to_string(cores), "ring.memory_stops=1"};
  };
  for (const int cores : {1, 4, 32}) {
    CHECK(read("server", with(needed, cores)).scratchpad.bytes_per_cycle == needed);
    CHECK(fault("server", with(needed - 1, cores))
              .find("cannot feed all units at once, allowed is at least " +
                    std::to_string(needed)) != std::string::npos);
  }
}

}  // namespace nibble
