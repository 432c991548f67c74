#include "sim/energy/array_costs.h"

namespace nibble {

ArrayCosts array_costs(const ChipConfig& config, const EnergyTable& table) {
  const Silicon& silicon = config.silicon;
  const Ranged& node = table.netlist_energy;
  const bool narrow = config.tile.precision == TilePrecision::nibble4;
  const int lanes = config.tile.lanes;
  const int fp16_lanes = narrow && config.fp16_tile ? config.fp16_tile->lanes : lanes;
  const auto cost = [&](const MacEnergy& mac, const OperandShares& shares, int column_lanes) {
    const Ranged scale{node.value, node.low * (1 - mac.error), node.high * (1 + mac.error)};
    return MacCost{mac.issued_pj(column_lanes), mac.useful_pj(shares), scale};
  };
  const CellEnergies& energies = silicon.cells.energies;
  const WorkloadOperands& operands = silicon.operands;
  const OperandShares& fp16 = narrow ? operands.fp16 : operands.fp16_step;
  // A multiply-add is a column of its own.
  return {cost(energies.int4, operands.int4, lanes),
          cost(energies.fp4_even, operands.fp4_even, lanes),
          cost(energies.fp4_odd, operands.fp4_odd, lanes),
          cost(silicon.fp8_mac_energy(), fp16, 1),
          cost(silicon.fp16_mac_energy(fp16_lanes), fp16, 1),
          cost(silicon.fp16_adder_energy(), fp16, 1)};
}

}  // namespace nibble
