#include "sim/energy/energy_table.h"

#include "sim/config/yaml_reader.h"

namespace nibble {

EnergyTable read_energy_table(const std::string& file) {
  constexpr double kMost = 1e9;
  const YamlMap map = YamlMap::load(file);
  EnergyTable table;
  table.name = map.string("energy_table");
  table.node_nm = map.number("node_nm", 1, 1000);
  const YamlMap pj = map.map("pj");
  table.int4_mac_pj = pj.number("int4_mac", 0, kMost);
  table.fp4_mac_pj = pj.number("fp4_mac", 0, kMost);
  table.fp8_mac_pj = pj.number("fp8_mac", 0, kMost);
  table.fp16_mac_pj = pj.number("fp16_mac", 0, kMost);
  table.accumulation_pj = pj.number("accumulation", 0, kMost);
  table.sfu_operation_pj = pj.number("sfu_operation", 0, kMost);
  table.scratchpad_read_byte_pj = pj.number("scratchpad_read_byte", 0, kMost);
  table.scratchpad_write_byte_pj = pj.number("scratchpad_write_byte", 0, kMost);
  table.ring_byte_hop_pj = pj.number("ring_byte_hop", 0, kMost);
  table.link_byte_pj = pj.number("link_byte", 0, kMost);
  table.leakage_mw_per_mm2 = map.number("leakage_mw_per_mm2", 0, kMost);
  const YamlMap area = map.map("area_um2");
  table.fp16_fma_um2 = area.number("fp16_fma", 0, kMost);
  table.sram_bit_um2 = area.number("sram_bit", 0, kMost);
  table.sfu_lane_um2 = area.number("sfu_lane", 0, kMost);
  map.finish();
  return table;
}

}  // namespace nibble
