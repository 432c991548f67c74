#include "sim/config/dram_config.h"

#include <limits>

#include "sim/config/ranged_entry.h"

namespace nibble {
namespace {

constexpr int kAnyMin = std::numeric_limits<int>::min();
constexpr int kAnyMax = std::numeric_limits<int>::max();

// DramConfig's constructor knows what is allowed; here only what fits the type.
int plain_int(const YamlMap& map, const std::string& key) {
  return static_cast<int>(map.integer(key, kAnyMin, kAnyMax));
}

void read_device(const YamlMap& map, DramParameters& p) {
  p.clock_period_ps = plain_int(map, "clock_period_ps");
  p.transfers_per_clock = plain_int(map, "transfers_per_clock");
  p.bus_bits = plain_int(map, "bus_bits");
  p.burst_length = plain_int(map, "burst_length_beats");
  p.bank_groups = plain_int(map, "bank_groups");
  p.banks_per_group = plain_int(map, "banks_per_group");
  p.rows_per_bank = plain_int(map, "rows_per_bank");
  p.row_bytes = plain_int(map, "row_bytes");
  p.command_buses = plain_int(map, "command_buses");
}

void read_timing(const YamlMap& map, DramTiming& t) {
  t.cl = plain_int(map, "cl_clocks");
  t.cwl = plain_int(map, "cwl_clocks");
  t.trcd_read = plain_int(map, "trcd_read_clocks");
  t.trcd_write = plain_int(map, "trcd_write_clocks");
  t.trp = plain_int(map, "trp_clocks");
  t.trp_all_bank = plain_int(map, "trp_all_bank_clocks");
  t.tras = plain_int(map, "tras_clocks");
  t.trc = plain_int(map, "trc_clocks");
  t.tccd_s = plain_int(map, "tccd_s_clocks");
  t.tccd_l = plain_int(map, "tccd_l_clocks");
  t.trrd_s = plain_int(map, "trrd_s_clocks");
  t.trrd_l = plain_int(map, "trrd_l_clocks");
  t.tfaw = plain_int(map, "tfaw_clocks");
  t.twr = plain_int(map, "twr_clocks");
  t.trtp = plain_int(map, "trtp_clocks");
  t.twtr_s = plain_int(map, "twtr_s_clocks");
  t.twtr_l = plain_int(map, "twtr_l_clocks");
  t.read_to_write_bubble = plain_int(map, "read_to_write_bubble_clocks");
  t.trfc_all_bank = plain_int(map, "trfc_all_bank_clocks");
  t.trefi = plain_int(map, "trefi_clocks");
}

void read_energy(const YamlMap& map, DramEnergy& e) {
  constexpr double kMost = 1e9;
  e.activate_pj = map.number("activate_pj", 0, kMost);
  e.read_pj = map.number("read_pj", 0, kMost);
  e.write_pj = map.number("write_pj", 0, kMost);
  e.interface_read_pj = map.number("interface_read_pj", 0, kMost);
  e.interface_write_pj = map.number("interface_write_pj", 0, kMost);
  e.refresh_pj = map.number("refresh_pj", 0, kMost);
  e.precharged_mw = map.number("precharged_mw", 0, kMost);
  e.active_mw = map.number("active_mw", 0, kMost);
  e.factor = read_range(map, "factor", 1);
}

void read_controller(const YamlMap& map, DramParameters& p) {
  p.channels = plain_int(map, "channels");
  p.channel_interleave_bytes = plain_int(map, "channel_interleave_bytes");
  p.mapping =
      map.one_of<AddressMapping>("mapping", {{"ro_ba_ra_co_ch", AddressMapping::ro_ba_ra_co_ch},
                                             {"ro_ba_co_bg_ch", AddressMapping::ro_ba_co_bg_ch}});
  p.read_queue_entries = plain_int(map, "read_queue_entries");
  p.write_queue_entries = plain_int(map, "write_queue_entries");
  p.write_drain_start_entries = plain_int(map, "write_drain_start_entries");
  p.write_drain_stop_entries = plain_int(map, "write_drain_stop_entries");
  p.write_completion = map.one_of<WriteCompletion>(
      "write_completion",
      {{"accepted", WriteCompletion::accepted}, {"written", WriteCompletion::written}});
}

}  // namespace

DramConfig read_dram_config(const YamlMap& map) {
  DramParameters p;
  p.name = map.string("name");
  const YamlMap device = map.map("device"), timing = map.map("timing"), energy = map.map("energy"),
                controller = map.map("controller");
  read_device(device, p);
  read_timing(timing, p.timing);
  read_energy(energy, p.energy);
  read_controller(controller, p);
  map.finish();
  try {
    return DramConfig(p);
  } catch (const BadDramParameter& bad) {
    for (const YamlMap& part : {device, timing, controller}) {
      if (part.has(bad.key())) throw part.error(bad.key(), bad.fault(), bad.allowed());
    }
    throw;
  }
}

DramConfig read_dram_config(const std::string& file, const std::vector<YamlOverride>& overrides) {
  return read_dram_config(YamlMap::load(file, overrides));
}

}  // namespace nibble
