// What a chip's arrays are made of: areas of our own netlists, or a given ratio between them, and
// what their MACs take. From configs/silicon/*_cells.yaml and `silicon:` of a chip, by sim/config;
// read by sim/energy. Cells without wires and clock tree, at the library's node (square
// micrometres, picojoules).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sim/silicon/column_areas.h"
#include "sim/silicon/mac_energy.h"

namespace nibble {

/// A unit that was synthesised.
struct UnitArea {
  double um2 = 0;
  std::string netlist;  // a design of configs/silicon/*.json
};

/// What MACs take in netlists of the library.
struct CellEnergies {
  // With rounder and adder, without accumulators; fp4_even as dgrad streams it, fp4_odd as wgrad.
  MacEnergy int4, fp4_even, fp4_odd;
  MacEnergy fp16_fma;         // alone
  WorkloadOperands operands;  // that they were simulated with
};

/// One library's smallest netlists that reach a clock.
struct SiliconCells {
  std::string library;
  int node_nm = 0;
  double supply_v = 0;
  double clock_ns = 0;
  ColumnAreas nibble4_mac;  // B twice, rounder, adder, one accumulator in each of two banks
  UnitArea fp16_fma;        // B twice; no accumulator
  UnitArea fp16_adder;      // in front of the accumulators of a column of multiply-adds
  ColumnAreas fp16_dot;     // as nibble4_mac
  UnitArea fp8_fma;         // as fp16_fma
  CellEnergies energies;
};

/// What FP16 arrays are made of.
enum class Fp16Unit : std::uint8_t { fma, dot_product };
[[nodiscard]] const char* fp16_unit_name(Fp16Unit unit);

/// The fewest lanes of a 4-bit column and of an FP16 dot product (rtl/nb_tile.sv, nb_fp16_dot.sv).
constexpr int kLeastLanes = 4;

/// A column of an array.
struct SiliconColumn {
  double um2 = 0;
  int accumulator_rows = 0;  // of each of its two banks that are in it; all others are memory
};

struct Silicon {
  SiliconCells cells;
  WorkloadOperands operands;  // those that the netlists were simulated with, or a workload's own
  Fp16Unit fp16_unit = Fp16Unit::fma;
  /// What if: FP16 MAC over 4-bit MAC of as many lanes. The FP16 unit stays the netlist's, a 4-bit
  /// MAC is then that over this.
  std::optional<double> given_ratio;

  // Precondition of all: lanes >= 1.
  [[nodiscard]] double nibble4_mac_um2(int lanes) const;
  [[nodiscard]] double fp16_mac_um2(int lanes) const;
  /// ASSUMED: by areas, from the multiply-add's, where no other unit was simulated.
  [[nodiscard]] MacEnergy fp16_mac_energy(int lanes) const;
  [[nodiscard]] MacEnergy fp8_mac_energy() const;
  /// The adder in front of an accumulator; nothing where the column's MACs have it in them.
  [[nodiscard]] MacEnergy fp16_adder_energy() const;
  /// FP16 MAC over 4-bit MAC, both in columns of so many lanes.
  [[nodiscard]] double area_ratio(int lanes) const;
  [[nodiscard]] std::string fp16_netlist(int lanes) const;
  [[nodiscard]] SiliconColumn nibble4_column(int lanes) const;
  /// Multiply-adds need an adder in front of the accumulators, a dot product has it.
  [[nodiscard]] SiliconColumn fp16_column(int lanes) const;
};

}  // namespace nibble
