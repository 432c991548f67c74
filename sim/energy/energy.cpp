#include "sim/energy/energy.h"

#include <cmath>
#include <stdexcept>

#include <fmt/format.h>

namespace nibble {
namespace {

constexpr double kJoulesPerPicojoule = 1e-12;
constexpr double kSquareMmPerSquareUm = 1e-6;

/// Accumulators (two banks of fp16) and the two copies of B.
double array_storage_bits(const TileGeometry& tile) {
  const double columns = static_cast<double>(tile.cols) * tile.tiles;
  return columns * (2.0 * 16.0 * tile.acc_rows + 2.0 * operand_bits(tile.precision) * tile.lanes);
}

double array_area_mm2(const TileGeometry& tile, double mac_um2, const EnergyTable& table) {
  return (static_cast<double>(tile.macs_per_cycle()) * mac_um2 +
          array_storage_bits(tile) * table.sram_bit_um2) *
         kSquareMmPerSquareUm;
}

double seconds(Cycles cycles, const ChipConfig& config) {
  return static_cast<double>(cycles) / (config.clock_mhz * 1e6);
}

void sum_up(EnergyReport& energy) {
  energy.total = energy.mac + energy.scratchpad + energy.accumulator + energy.sfu + energy.ring +
                 energy.dram + energy.leakage;
}

}  // namespace

AreaReport area_of(const ChipConfig& config, const EnergyTable& table) {
  const double nibble_mac_um2 = table.fp16_fma_um2 / config.fp16_area_ratio;
  AreaReport area;
  area.tile = array_area_mm2(
      config.tile,
      config.tile.precision == TilePrecision::nibble4 ? nibble_mac_um2 : table.fp16_fma_um2, table);
  if (config.fp16_tile)
    area.fp16_tile = array_area_mm2(*config.fp16_tile, table.fp16_fma_um2, table);
  area.scratchpad =
      static_cast<double>(config.scratchpad.bytes) * 8 * table.sram_bit_um2 * kSquareMmPerSquareUm;
  area.sfu = config.sfu.lanes * table.sfu_lane_um2 * kSquareMmPerSquareUm;
  for (double* part : {&area.tile, &area.fp16_tile, &area.scratchpad, &area.sfu}) {
    *part *= config.cores;
  }
  area.total = area.tile + area.fp16_tile + area.scratchpad + area.sfu;
  return area;
}

EnergyReport dynamic_energy(const ActionCounts& actions, const EnergyTable& table) {
  const auto joules = [](std::int64_t count, double pj) {
    return static_cast<double>(count) * pj * kJoulesPerPicojoule;
  };
  EnergyReport energy;
  energy.mac =
      joules(actions.int4_macs, table.int4_mac_pj) + joules(actions.fp4_macs, table.fp4_mac_pj) +
      joules(actions.fp8_macs, table.fp8_mac_pj) + joules(actions.fp16_macs, table.fp16_mac_pj);
  energy.accumulator = joules(actions.accumulations, table.accumulation_pj);
  energy.sfu = joules(actions.sfu_operations, table.sfu_operation_pj);
  energy.scratchpad = joules(actions.scratchpad_read, table.scratchpad_read_byte_pj) +
                      joules(actions.scratchpad_written, table.scratchpad_write_byte_pj);
  energy.ring = joules(actions.ring_byte_hops, table.ring_byte_hop_pj) +
                joules(actions.link_bytes, table.link_byte_pj);
  sum_up(energy);
  return energy;
}

EnergyReport energy_of(const RunStatistics& statistics, const ChipConfig& config,
                       const EnergyTable& table) {
  EnergyReport energy = dynamic_energy(statistics.total.actions, table);
  const double time_s = seconds(statistics.total.end, config);
  energy.dram = dram_energy(statistics.dram, config.dram, time_s).total();
  energy.leakage = table.leakage_mw_per_mm2 * 1e-3 * area_of(config, table).total * time_s;
  sum_up(energy);
  return energy;
}

void check_energy(const EnergyReport& run, const std::vector<EnergyReport>& stages) {
  constexpr double kRounding = 1e-9;  // relative: sums of binary64 in another order
  const auto check = [&](const char* what, double sum) {
    if (std::abs(sum - run.total) > kRounding * run.total) {
      throw std::logic_error(
          fmt::format("conservation: {} add up to {} J of {} J", what, sum, run.total));
    }
  };
  double sum = 0;
  for (const EnergyReport& stage : stages) sum += stage.total;
  check("the stages", sum);
}

EnergyReport stage_energy(const StageStatistics& stage, const RunStatistics& statistics,
                          const EnergyReport& run, const EnergyTable& table) {
  const auto share = [](std::int64_t part, std::int64_t whole) {
    return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
  };
  const double time_share = share(stage.cycles(), statistics.total.cycles());
  const Bytes moved = statistics.total.dram_read + statistics.total.dram_written;
  EnergyReport energy = dynamic_energy(stage.actions, table);
  energy.dram =
      run.dram * (moved == 0 ? time_share : share(stage.dram_read + stage.dram_written, moved));
  energy.leakage = run.leakage * time_share;
  sum_up(energy);
  return energy;
}

}  // namespace nibble
