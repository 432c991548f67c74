// The energy reference table: configs/energy/*.yaml. Every entry has a range and, there, its
// source. DRAM: configs/dram. The chip counts actions and knows no joule; here counts meet
// picojoules.
#pragma once

#include <string>

#include "sim/base/ranged.h"

namespace nibble {

struct EnergyTable {
  std::string name;
  double node_nm = 0;
  // Picojoules for one action.
  Ranged int4_mac_pj, fp4_mac_pj, fp8_mac_pj, fp16_mac_pj;
  Ranged accumulation_pj;
  Ranged sfu_operation_pj;
  Ranged scratchpad_read_byte_pj, scratchpad_write_byte_pj;
  Ranged ring_byte_hop_pj;    // a byte over one link of the ring
  Ranged link_byte_pj;        // a byte to another chip, both ends
  Ranged leakage_mw_per_mm2;  // on-chip area
  // Square micrometres.
  Ranged fp16_fma_um2, sram_bit_um2, sfu_lane_um2;
};

/// Throws BadInput.
[[nodiscard]] EnergyTable read_energy_table(const std::string& file);

}  // namespace nibble
