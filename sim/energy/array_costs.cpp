#include "sim/energy/array_costs.h"

namespace nibble {

ArrayCosts array_costs(const ChipConfig& config, const EnergyTable& table) {
  const Silicon& silicon = config.silicon;
  const Ranged& node = table.netlist_energy;
  const bool narrow = config.tile.precision == TilePrecision::nibble4;
  const int lanes = config.tile.lanes;
  const int fp16_lanes = narrow && config.fp16_tile ? config.fp16_tile->lanes : lanes;
  const auto cost = [&](const MacEnergy& mac, const OperandShares& shares) {
    const Ranged scale{node.value, node.low * (1 - mac.error), node.high * (1 + mac.error)};
    return MacCost{mac.issued_pj(lanes), mac.useful_pj(shares), scale};
  };
  const CellEnergies& energies = silicon.cells.energies;
  const WorkloadOperands& operands = silicon.operands;
  return {cost(energies.int4, operands.int4), cost(energies.fp4, operands.fp4),
          cost(silicon.fp8_mac_energy(), operands.fp16),
          cost(silicon.fp16_mac_energy(fp16_lanes), operands.fp16),
          cost(silicon.fp16_adder_energy(), operands.fp16)};
}

}  // namespace nibble
