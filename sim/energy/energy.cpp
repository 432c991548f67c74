#include "sim/energy/energy.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "sim/energy/area.h"
#include "sim/energy/array_costs.h"

namespace nibble {
namespace {

constexpr double kJoulesPerPicojoule = 1e-12;

double seconds(Cycles cycles, const ChipConfig& config) {
  return static_cast<double>(cycles) / (config.clock_mhz * 1e6);
}

void sum_up(EnergyReport& energy) {
  energy.total = energy.mac + energy.scratchpad + energy.accumulator + energy.sfu + energy.ring +
                 energy.dram + energy.leakage;
}

constexpr std::pair<const char*, double EnergyReport::*> kParts[] = {
    {"mac", &EnergyReport::mac},
    {"scratchpad", &EnergyReport::scratchpad},
    {"accumulator", &EnergyReport::accumulator},
    {"sfu", &EnergyReport::sfu},
    {"ring", &EnergyReport::ring},
    {"dram", &EnergyReport::dram},
    {"leakage", &EnergyReport::leakage},
    {"total", &EnergyReport::total}};

/// Of a run or a part of it.
EnergyReport energy_of(const ActionCounts& actions, const DramStatistics& dram, Cycles cycles,
                       const ChipConfig& config, const EnergyTable& table, Level level) {
  const double time_s = seconds(cycles, config);
  EnergyReport energy = dynamic_energy(actions, config, table, level);
  energy.dram =
      dram_energy(dram, config.dram, time_s).total() * config.dram.energy.factor.at(level);
  energy.leakage =
      table.leakage_mw_per_mm2.at(level) * 1e-3 * area_of(config, table).total * time_s;
  sum_up(energy);
  return energy;
}

}  // namespace

double arrays_pj_per_cycle(const ChipConfig& config, const EnergyTable& table) {
  const ArrayCosts costs = array_costs(config, table);
  const auto of = [](std::int64_t count, const MacCost& cost) {
    return cost.of(count, count, Level::value);
  };
  const auto memory = [&](const TileGeometry& tile) {
    return static_cast<double>(tile.columns()) * table.accumulator_pj.value;
  };
  const auto fp16_array = [&](const TileGeometry& tile) {
    return of(tile.macs_per_cycle(), costs.fp16) + of(tile.columns(), costs.fp16_addition) +
           memory(tile);
  };
  const auto nibble4_array = [&](const TileGeometry& tile) {
    const std::int64_t macs = tile.macs_per_cycle();
    return std::max({of(macs, costs.int4), of(macs, costs.fp4_even), of(macs, costs.fp4_odd)}) +
           memory(tile);
  };
  double sum = config.tile.precision == TilePrecision::nibble4 ? nibble4_array(config.tile)
                                                               : fp16_array(config.tile);
  if (config.fp16_tile) sum += fp16_array(*config.fp16_tile);
  return config.cores * sum;
}

EnergyReport dynamic_energy(const ActionCounts& actions, const ChipConfig& config,
                            const EnergyTable& table, Level level) {
  const auto joules = [level](std::int64_t count, const Ranged& pj) {
    return static_cast<double>(count) * pj.at(level) * kJoulesPerPicojoule;
  };
  EnergyReport energy;
  const ArrayCosts costs = array_costs(config, table);
  energy.mac = (costs.int4.of(actions.int4_macs, actions.int4_macs_useful, level) +
                costs.fp4_even.of(actions.fp4_even_macs, actions.fp4_even_macs_useful, level) +
                costs.fp4_odd.of(actions.fp4_odd_macs, actions.fp4_odd_macs_useful, level) +
                costs.fp8.of(actions.fp8_macs, actions.fp8_macs_useful, level) +
                costs.fp16.of(actions.fp16_macs, actions.fp16_macs_useful, level)) *
               kJoulesPerPicojoule;
  energy.accumulator =
      joules(actions.accumulations, table.accumulator_pj) +
      costs.fp16_addition.of(actions.fp16_additions, actions.fp16_additions, level) *
          kJoulesPerPicojoule;
  energy.sfu = joules(actions.sfu_operations, table.sfu_operation_pj);
  energy.scratchpad = joules(actions.scratchpad_read, table.scratchpad_read_byte_pj) +
                      joules(actions.scratchpad_written, table.scratchpad_write_byte_pj);
  energy.ring = joules(actions.ring_byte_hops, table.ring_byte_hop_pj) +
                joules(actions.link_bytes, table.link_byte_pj);
  sum_up(energy);
  return energy;
}

EnergyReport energy_of(const RunStatistics& statistics, const ChipConfig& config,
                       const EnergyTable& table, Level level) {
  return energy_of(statistics.total.actions, statistics.dram, statistics.total.cycles(), config,
                   table, level);
}

EnergyReport energy_of(const StageStatistics& stage, const ChipConfig& config,
                       const EnergyTable& table) {
  return energy_of(stage.actions, stage.dram, stage.cycles(), config, table, Level::value);
}

void check_energy(const EnergyReport& run, const std::vector<EnergyReport>& stages) {
  constexpr double kRounding = 1e-9;  // relative: sums of binary64 in another order
  for (const auto& [name, part] : kParts) {
    double sum = 0;
    for (const EnergyReport& stage : stages) sum += stage.*part;
    const bool same = std::abs(sum - run.*part) <= kRounding * run.*part;  // false of a NaN
    if (!same) {
      throw std::logic_error(fmt::format(
          "conservation: energy, {}: the stages add up to {} J of {} J", name, sum, run.*part));
    }
  }
}

}  // namespace nibble
