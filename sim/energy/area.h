// Area of a chip: netlists scaled to the energy table's node, and the table's memory bits and SFU
// lanes.
#pragma once

#include "sim/config/chip_config.h"
#include "sim/energy/energy_table.h"

namespace nibble {

/// Square millimetres of all cores.
struct AreaReport {
  double tile = 0;       // main array with its accumulators and double-buffered B
  double fp16_tile = 0;  // the small high-precision array
  double scratchpad = 0, sfu = 0;
  double total = 0;
};

/// By the tables' values, also where leakage is at its low or high: that range is far wider.
/// Without wires, sequencer, DMA, clock tree.
[[nodiscard]] AreaReport area_of(const ChipConfig& config, const EnergyTable& table);

}  // namespace nibble
