#include "sim/config/silicon_config.h"

#include <utility>
#include <vector>

#include "sim/config/part_file.h"

namespace nibble {
namespace {

constexpr double kLeastUm2 = 1e-3;
constexpr double kMostUm2 = 1e9;
constexpr int kMostLanes = 1024;
constexpr double kMostPj = 1e4;

std::string read_netlist(const YamlMap& entry) {
  (void)entry.string("recipe");  // for the file's reader
  return entry.string("netlist");
}

UnitArea read_unit(const YamlMap& units, const std::string& key) {
  const YamlMap entry = units.map(key);
  return {entry.number("value", kLeastUm2, kMostUm2), read_netlist(entry)};
}

/// From the smallest column to the largest.
ColumnAreas read_columns(const YamlMap& units, const std::string& key) {
  const YamlList list = units.list(key);
  if (list.size() < 2) {
    throw units.error(key, "has too few columns", "allowed are at least two, to interpolate");
  }
  std::vector<ColumnArea> columns;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const YamlMap entry = list.map(i);
    ColumnArea column;
    if (columns.empty()) {
      column.lanes = static_cast<int>(entry.integer("lanes", 1, kMostLanes));
      column.mac_um2 = entry.number("value", kLeastUm2, kMostUm2);
    } else {  // longer, so of no less area, and no more a MAC
      const ColumnArea& shorter = columns.back();
      column.lanes = static_cast<int>(entry.integer("lanes", shorter.lanes + 1, kMostLanes));
      column.mac_um2 =
          entry.number("value", shorter.lanes * shorter.mac_um2 / column.lanes, shorter.mac_um2);
    }
    column.netlist = read_netlist(entry);
    columns.push_back(std::move(column));
  }
  return ColumnAreas(std::move(columns));
}

MacEnergy read_mac_energy(const YamlMap& macs, const std::string& key) {
  const YamlMap entry = macs.map(key);
  const auto pj = [&](const char* part) { return entry.number(part, 0, kMostPj); };
  (void)entry.number("largest_error", 0, 100);  // for the file's reader
  return {pj("constant"),
          pj("column"),
          pj("streamed"),
          pj("nonzero"),
          entry.number("error", 0, 1),
          entry.string("netlists")};
}

OperandShares read_shares(const YamlMap& operands, const std::string& key) {
  const YamlMap entry = operands.map(key);
  const double streamed = entry.number("streamed_nonzero", 0, 1);
  return {streamed, entry.number("nonzero", 0, streamed), false};
}

WorkloadOperands read_operands(const YamlMap& map) {
  return {read_shares(map, "int4"), read_shares(map, "fp4_even"),  read_shares(map, "fp4_odd"),
          read_shares(map, "fp16"), read_shares(map, "fp16_step"), map.string("source")};
}

/// What if: a chip's own shares, of the kinds that it names.
void replace(WorkloadOperands& operands, const YamlMap& given) {
  const auto take = [&](const char* key, OperandShares& kind) {
    if (!given.has(key)) return;
    kind = read_shares(given, key);
    kind.given = true;
  };
  take("int4", operands.int4);
  take("fp4_even", operands.fp4_even);
  take("fp4_odd", operands.fp4_odd);
  take("fp16", operands.fp16);
  take("fp16_step", operands.fp16_step);
  operands.source = "silicon.operands, else " + operands.source;
}

}  // namespace

SiliconCells read_silicon_cells(const std::string& file) {
  const YamlMap map = YamlMap::load(file);
  SiliconCells cells;
  cells.library = map.string("silicon");
  cells.node_nm = static_cast<int>(map.integer("node_nm", 1, 1000));
  cells.supply_v = map.number("supply_v", 0.1, 10);
  cells.clock_ns = map.number("clock_ns", 0.001, 1000);
  const YamlMap units = map.map("area_um2");
  cells.nibble4_mac = read_columns(units, "nibble4_mac");
  cells.fp16_fma = read_unit(units, "fp16_fma");
  cells.fp16_adder = read_unit(units, "fp16_adder");
  cells.fp16_dot = read_columns(units, "fp16_dot");
  cells.fp8_fma = read_unit(units, "fp8_fma");
  const YamlMap macs = map.map("mac_pj");
  CellEnergies& energies = cells.energies;
  energies.int4 = read_mac_energy(macs, "int4");
  energies.fp4_even = read_mac_energy(macs, "fp4_even");
  energies.fp4_odd = read_mac_energy(macs, "fp4_odd");
  energies.fp16_fma = read_mac_energy(macs, "fp16_fma");
  energies.operands = read_operands(map.map("operands"));
  map.finish();
  return cells;
}

Silicon read_silicon(const YamlMap& map, const std::string& configs_folder) {
  Silicon silicon;
  silicon.cells = read_silicon_cells(part_file(map, "cells", configs_folder, "silicon"));
  silicon.operands = silicon.cells.energies.operands;
  if (const auto operands = map.optional_map("operands")) replace(silicon.operands, *operands);
  silicon.fp16_unit = map.one_of<Fp16Unit>(
      "fp16_unit", {{"fma", Fp16Unit::fma}, {"dot_product", Fp16Unit::dot_product}});
  if (map.has("area_ratio")) silicon.given_ratio = map.number("area_ratio", 0.1, 1000);
  return silicon;
}

}  // namespace nibble
