#include "sim/energy/energy_table.h"

#include "sim/config/part_file.h"
#include "sim/config/ranged_entry.h"
#include "sim/energy/node_scaling.h"

namespace nibble {

EnergyTable read_energy_table(const std::string& configs_folder, const std::string& file,
                              int netlist_node_nm) {
  const YamlMap map = YamlMap::load(file);
  EnergyTable table;
  table.name = map.string("energy_table");
  table.node_nm = static_cast<int>(map.integer("node_nm", 1, 1000));
  const std::string scaling_file = part_file(map, "scaling", configs_folder, "scaling");
  table.scaling = map.string("scaling");
  const YamlMap pj = map.map("pj");
  table.accumulator_pj = read_ranged(pj, "accumulator");
  table.sfu_operation_pj = read_ranged(pj, "sfu_operation");
  table.scratchpad_read_byte_pj = read_ranged(pj, "scratchpad_read_byte");
  table.scratchpad_write_byte_pj = read_ranged(pj, "scratchpad_write_byte");
  table.ring_byte_hop_pj = read_ranged(pj, "ring_byte_hop");
  table.link_byte_pj = read_ranged(pj, "link_byte");
  table.leakage_mw_per_mm2 = read_ranged(map, "leakage_mw_per_mm2");
  const YamlMap area = map.map("area_um2");
  table.sram_bit_um2 = read_ranged(area, "sram_bit");
  table.sfu_lane_um2 = read_ranged(area, "sfu_lane");
  map.finish();
  const NodeFactors factors = read_node_factors(scaling_file, netlist_node_nm, table.node_nm);
  table.netlist_area = factors.area;
  table.netlist_energy = factors.energy;
  table.netlist_delay = factors.delay;
  return table;
}

}  // namespace nibble
