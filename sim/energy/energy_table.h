// The energy reference table: configs/energy/*.yaml. Every entry has its source or ASSUMED: beside
// it there. DRAM: configs/dram. The chip counts actions and knows no joule; here counts meet
// picojoules.
#pragma once

#include <string>

namespace nibble {

struct EnergyTable {
  std::string name;
  double node_nm = 0;
  // Picojoules for one action.
  double int4_mac_pj = 0, fp4_mac_pj = 0, fp8_mac_pj = 0, fp16_mac_pj = 0;
  double accumulation_pj = 0;
  double sfu_operation_pj = 0;
  double scratchpad_read_byte_pj = 0, scratchpad_write_byte_pj = 0;
  double ring_byte_hop_pj = 0;    // a byte over one link of the ring
  double link_byte_pj = 0;        // a byte to another chip, both ends
  double leakage_mw_per_mm2 = 0;  // on-chip area
  // Square micrometres.
  double fp16_fma_um2 = 0, sram_bit_um2 = 0, sfu_lane_um2 = 0;
};

/// Throws BadInput.
[[nodiscard]] EnergyTable read_energy_table(const std::string& file);

}  // namespace nibble
