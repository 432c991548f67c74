// The energy reference table: configs/energy/*.yaml. Every entry has a range and, there, its
// source. DRAM: configs/dram; areas and MACs of arrays: configs/silicon, which the table's scaling
// brings to its node. The chip counts actions and knows no joule; here counts meet picojoules.
#pragma once

#include <string>

#include "sim/base/ranged.h"

namespace nibble {

struct EnergyTable {
  std::string name;
  int node_nm = 0;
  // Picojoules for one action.
  Ranged accumulator_pj;  // 16 bits read and written
  Ranged sfu_operation_pj;
  Ranged scratchpad_read_byte_pj, scratchpad_write_byte_pj;
  Ranged ring_byte_hop_pj;    // a byte over one link of the ring
  Ranged link_byte_pj;        // a byte to another chip, both ends
  Ranged leakage_mw_per_mm2;  // on-chip area
  // Square micrometres.
  Ranged sram_bit_um2, sfu_lane_um2;
  std::string scaling;  // a model of configs/scaling/
  // By it: what is at this node over the same of the netlists' node.
  Ranged netlist_area, netlist_energy, netlist_delay;
};

/// Of a chip whose netlists are at `netlist_node_nm`. Throws BadInput, also if the table's model of
/// scaling knows no way from there to the table's node.
[[nodiscard]] EnergyTable read_energy_table(const std::string& configs_folder,
                                            const std::string& file, int netlist_node_nm);

}  // namespace nibble
