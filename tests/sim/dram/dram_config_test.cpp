// Parameters: the presets' derived values, what is refused and how, and the address mapping.
#include <set>

#include <catch2/catch.hpp>

#include "sim/base/bad_input.h"
#include "tests/sim/dram/dram_test_support.h"

namespace nibble {
namespace {

std::string refusal(const std::function<void(DramParameters&)>& change) {
  DramParameters p = preset("ddr4_3200");
  change(p);
  try {
    const DramConfig config(p);
  } catch (const BadDramParameter& bad) {
    return bad.key();
  }
  return "accepted";
}

std::string yaml_refusal(const std::string& override_text = {}) {
  const std::string file = NIBBLE_SOURCE_DIR "/configs/dram/ddr4_3200.yaml";
  std::vector<YamlOverride> overrides;
  if (!override_text.empty()) overrides.push_back(parse_override(override_text));
  try {
    const DramConfig config = read_dram_config(file, overrides);
  } catch (const BadInput& bad) {
    return bad.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("The presets have the published burst sizes, capacities and peak bandwidths") {
  struct Expected {
    const char* name;
    Bytes burst;
    int burst_clocks;
    int gib;
    double peak;
  };
  for (const Expected& e : {Expected{"ddr4_3200", 64, 4, 8, 25.6e9},
                            {"lpddr4_3200", 32, 8, 1, 6.4e9},
                            {"lpddr5_6400", 32, 2, 1, 12.8e9},
                            {"hbm2_2000", 32, 2, 1, 16e9}}) {
    const DramConfig config(preset(e.name));
    INFO(e.name);
    CHECK(config.parameters().name == e.name);
    CHECK(config.burst_bytes() == e.burst);
    CHECK(config.burst_clocks() == e.burst_clocks);
    CHECK(config.capacity_bytes() == Bytes{e.gib} << 30);
    CHECK(config.peak_bytes_per_second() == Approx(e.peak));
  }
}

TEST_CASE("A parameter that cannot be is refused by its name") {
  using P = DramParameters;
  CHECK(refusal([](P&) {}) == "accepted");
  CHECK(refusal([](P& p) { p.clock_period_ps = 0; }) == "clock_period_ps");
  CHECK(refusal([](P& p) { p.bus_bits = 48; }) == "bus_bits");
  CHECK(refusal([](P& p) { p.burst_length = 1; }) == "burst_length_beats");
  CHECK(refusal([](P& p) { p.banks_per_group = 8; }) == "banks_per_group");
  CHECK(refusal([](P& p) { p.rows_per_bank = 1000; }) == "rows_per_bank");
  CHECK(refusal([](P& p) { p.row_bytes = 32; }) == "row_bytes");
  CHECK(refusal([](P& p) { p.command_buses = 3; }) == "command_buses");
  CHECK(refusal([](P& p) { p.command_buses = 0; }) == "command_buses");
  CHECK(refusal([](P& p) { p.channels = 0; }) == "channels");
  for (const int bytes : {32, 384, 16384}) {
    CHECK(refusal([=](P& p) { p.channel_interleave_bytes = bytes; }) == "channel_interleave_bytes");
  }
  CHECK(refusal([](P& p) { p.read_queue_entries = 33; }) == "read_queue_entries");
  CHECK(refusal([](P& p) { p.write_drain_start_entries = 33; }) == "write_drain_start_entries");
  CHECK(refusal([](P& p) { p.write_drain_stop_entries = 26; }) == "write_drain_stop_entries");
  CHECK(refusal([](P& p) { p.timing.trp = -1; }) == "trp_clocks");
  CHECK(refusal([](P& p) { p.timing.tccd_s = 3; }) == "tccd_s_clocks");
  CHECK(refusal([](P& p) { p.timing.tccd_l = 3; }) == "tccd_l_clocks");
  CHECK(refusal([](P& p) { p.timing.cwl = 28; }) == "cwl_clocks");
  CHECK(refusal([](P& p) { p.timing.trfc_all_bank = 73; }) == "trfc_all_bank_clocks");
  CHECK(refusal([](P& p) { p.timing.trefi = 1152; }) == "trefi_clocks");
  CHECK(refusal([](P& p) { p.timing.trefi = 200'001; }) == "trefi_clocks");
}

TEST_CASE("A bad value in a preset's file is one line with file, line, column and key") {
  CHECK(yaml_refusal() == "accepted");
  CHECK_THAT(yaml_refusal("timing.tccd_s_clocks=3"), Catch::Contains("tccd_s_clocks") &&
                                                         Catch::Contains("is 3") &&
                                                         Catch::Contains("4 clocks of a burst"));
  CHECK_THAT(yaml_refusal("controller.mapping=fastest"),
             Catch::Contains("mapping") && Catch::Contains("ro_ba_co_bg_ch"));
  const std::string text = "name: x\ndevice: {clock_period_ps: 625}\n";
  CHECK_THROWS_AS(read_dram_config(YamlMap::parse(text, "x.yaml")), BadInput);
}

TEST_CASE("Each mapping puts every burst of a channel in a place of its own") {
  for (const AddressMapping mapping :
       {AddressMapping::ro_ba_ra_co_ch, AddressMapping::ro_ba_co_bg_ch}) {
    for (const std::string& name : preset_names()) {
      DramParameters p = preset(name);
      p.mapping = mapping;
      p.rows_per_bank = 4;
      const DramConfig config(p);
      const AddressDecoder decoder(config);
      std::set<std::tuple<int, int, int>> places;
      bool formula = true;
      for (long b = 0; b < config.bursts_per_channel(); ++b) {
        const BurstPlace place = decoder.place(b);
        places.emplace(place.bank, place.row, place.column);
        const int group = place.bank / p.banks_per_group, bank = place.bank % p.banks_per_group;
        formula = formula && burst_number(p, group, bank, place.row, place.column) == b;
      }
      INFO(name);
      CHECK(formula);
      CHECK(static_cast<long>(places.size()) == config.bursts_per_channel());
    }
  }
}

}  // namespace nibble
