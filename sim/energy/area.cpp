#include "sim/energy/area.h"

namespace nibble {
namespace {

constexpr double kSquareMmPerSquareUm = 1e-6;
constexpr double kAccumulatorBanks = 2;
constexpr double kAccumulatorBits = 16;

double array_area_mm2(const TileGeometry& tile, const Silicon& silicon, const EnergyTable& table) {
  const SiliconColumn column = tile.precision == TilePrecision::nibble4
                                   ? silicon.nibble4_column(tile.lanes)
                                   : silicon.fp16_column(tile.lanes);
  const double memory_bits =
      kAccumulatorBanks * kAccumulatorBits * (tile.acc_rows - column.accumulator_rows);
  return static_cast<double>(tile.columns()) *
         (column.um2 * table.netlist_area.value + memory_bits * table.sram_bit_um2.value) *
         kSquareMmPerSquareUm;
}

}  // namespace

AreaReport area_of(const ChipConfig& config, const EnergyTable& table) {
  AreaReport area;
  area.tile = array_area_mm2(config.tile, config.silicon, table);
  if (config.fp16_tile) {
    area.fp16_tile = array_area_mm2(*config.fp16_tile, config.silicon, table);
  }
  area.scratchpad = static_cast<double>(config.scratchpad.bytes) * 8 * table.sram_bit_um2.value *
                    kSquareMmPerSquareUm;
  area.sfu = config.sfu.lanes * table.sfu_lane_um2.value * kSquareMmPerSquareUm;
  for (double* part : {&area.tile, &area.fp16_tile, &area.scratchpad, &area.sfu}) {
    *part *= config.cores;
  }
  area.total = area.tile + area.fp16_tile + area.scratchpad + area.sfu;
  return area;
}

}  // namespace nibble
