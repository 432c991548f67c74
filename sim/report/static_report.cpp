#include "sim/report/static_report.h"

#include <string>

#include "sim/energy/area.h"
#include "sim/energy/array_costs.h"
#include "sim/energy/energy.h"

namespace nibble {
namespace {

/// Megahertz at which the netlists would run at the table's node; 0 with a table that knows no way
/// there.
double clock_at_node(const SiliconCells& cells, const EnergyTable& table) {
  const double ns = cells.clock_ns * table.netlist_delay.value;
  return ns == 0 ? 0 : 1e3 / ns;
}

/// Of a 4-bit array with columns of so many lanes. The areas are those of the library's node.
Json silicon_json(const Silicon& silicon, int lanes, const EnergyTable& table) {
  const SiliconCells& cells = silicon.cells;
  return {{"library", cells.library},
          {"node_nm", cells.node_nm},
          {"clock_ns", cells.clock_ns},
          {"area_ratio", silicon.area_ratio(lanes)},
          {"ratio_is_given", silicon.given_ratio.has_value()},
          {"nibble4_mac_um2", silicon.nibble4_mac_um2(lanes)},
          {"nibble4_netlist", silicon.given_ratio ? "" : cells.nibble4_mac.netlists(lanes)},
          {"fp16_unit", fp16_unit_name(silicon.fp16_unit)},
          {"fp16_mac_um2", silicon.fp16_mac_um2(lanes)},
          {"fp16_netlist", silicon.fp16_netlist(lanes)},
          {"fp8_fma_um2", cells.fp8_fma.um2},
          {"fp8_netlist", cells.fp8_fma.netlist},
          {"scaling", table.scaling},
          {"area_factor", table.netlist_area.value},
          {"energy_factor", ranged_json(table.netlist_energy)},
          {"clock_mhz_at_node", clock_at_node(cells, table)}};
}

Json mac_json(const MacCost& cost, const OperandShares& shares, const std::string& netlists) {
  const auto pj = [&](Level level) { return cost.of(1, 1, level); };
  return {{"pj", pj(Level::value)},    {"low", pj(Level::low)},
          {"high", pj(Level::high)},   {"streamed_nonzero", shares.streamed_nonzero},
          {"nonzero", shares.nonzero}, {"netlists", netlists}};
}

/// Picojoules of a MAC that is no padding, and what they rest on. An FP16 MAC is that of an FP16
/// chip, which multiplies all layers; in a 4-bit chip's report, of one with as many lanes.
Json mac_energy_json(const ChipConfig& config, const EnergyTable& table) {
  const bool narrow = config.tile.precision == TilePrecision::nibble4;
  const CellEnergies& energies = config.silicon.cells.energies;
  const WorkloadOperands& operands = config.silicon.operands;
  const ArrayCosts fp16 =
      array_costs(narrow ? fp16_twin(config, config.tile.lanes, 1) : config, table);
  Json json = {{"operands", operands.source},
               {"fp16", mac_json(fp16.fp16, operands.fp16_step, energies.fp16_fma.netlists)}};
  if (narrow) {
    const ArrayCosts costs = array_costs(config, table);
    json["int4"] = mac_json(costs.int4, operands.int4, energies.int4.netlists);
    json["fp4_even"] = mac_json(costs.fp4_even, operands.fp4_even, energies.fp4_even.netlists);
    json["fp4_odd"] = mac_json(costs.fp4_odd, operands.fp4_odd, energies.fp4_odd.netlists);
  }
  return json;
}

Json area_json(const AreaReport& area) {
  return {{"total", area.total},
          {"tile", area.tile},
          {"fp16_tile", area.fp16_tile},
          {"scratchpad", area.scratchpad},
          {"sfu", area.sfu}};
}

}  // namespace

Json ranged_json(const Ranged& range) {
  return {{"value", range.value}, {"low", range.low}, {"high", range.high}};
}

Json static_report(const ChipConfig& config, const EnergyTable& table, bool fp8) {
  const TileGeometry array = config.tile.running(fp8 ? TilePrecision::fp8 : config.tile.precision);
  const auto macs = static_cast<double>(config.cores * array.macs_per_cycle());
  Json json;
  json["chip"] = config.name;
  json["cores"] = config.cores;
  json["array"] = {{"lanes", config.tile.lanes},
                   {"columns", config.tile.cols},
                   {"tiles", config.tile.tiles},
                   {"macs_per_cycle", array.macs_per_cycle()},
                   {"fp16_tile_fmas", config.fp16_tile ? config.fp16_tile->macs_per_cycle() : 0}};
  if (config.tile.precision == TilePrecision::nibble4) {
    json["silicon"] = silicon_json(config.silicon, config.tile.lanes, table);
  }
  json["mac_energy"] = mac_energy_json(config, table);
  json["energy_table"] = table.name;
  json["energy_node_nm"] = table.node_nm;
  json["ideal"] = {{"dram", config.ideal_dram},
                   {"sfu", config.ideal_sfu},
                   {"ring", config.ideal_ring},
                   {"array", config.ideal_array}};
  json["clock_mhz"] = config.clock_mhz;
  json["peak_tops"] = 2 * macs * config.clock_mhz * 1e6 / 1e12;
  json["scratchpad_bytes"] = config.cores * config.scratchpad.bytes;
  json["dram"] = {{"device", config.dram.name},
                  {"channels", config.dram.channels},
                  {"peak_gb_per_s", DramConfig(config.dram).peak_bytes_per_second() / 1e9}};
  json["ring"] = {{"memory_stops", config.ring.memory_stops}, {"workers", config.link.workers}};
  json["array_power_w"] = arrays_pj_per_cycle(config, table) * config.clock_mhz * 1e-6;
  json["area_mm2"] = area_json(area_of(config, table));
  return json;
}

}  // namespace nibble
