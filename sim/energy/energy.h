// Energy of a run: action counts times the energy reference table.
#pragma once

#include <vector>

#include "sim/config/chip_config.h"
#include "sim/energy/energy_table.h"
#include "sim/stats/run_statistics.h"

namespace nibble {

/// Joules. `ring` holds the link to other chips too.
struct EnergyReport {
  double mac = 0, scratchpad = 0, accumulator = 0, sfu = 0, ring = 0, dram = 0, leakage = 0;
  double total = 0;
};

/// Picojoules of one clock in which all arrays of all cores multiply and accumulate at full rate,
/// by the table's values: 4-bit arrays in the dearer of INT4 and FP4, the others in FP16.
[[nodiscard]] double arrays_pj_per_cycle(const ChipConfig& config, const EnergyTable& table);

/// Dynamic energy of the counted actions without DRAM and leakage.
[[nodiscard]] EnergyReport dynamic_energy(const ActionCounts& actions, const ChipConfig& config,
                                          const EnergyTable& table, Level level = Level::value);

/// The whole run: its actions; what the DRAM's device says of its commands and time; leakage. With
/// every entry of the table, and the device's factor, at `level`.
[[nodiscard]] EnergyReport energy_of(const RunStatistics& statistics, const ChipConfig& config,
                                     const EnergyTable& table, Level level = Level::value);

/// The same of one stage, from nothing but its own counts and cycles.
[[nodiscard]] EnergyReport energy_of(const StageStatistics& stage, const ChipConfig& config,
                                     const EnergyTable& table);

/// Throws std::logic_error that names the part unless the stages' energies add up to the run's,
/// part by part; a NaN does not.
void check_energy(const EnergyReport& run, const std::vector<EnergyReport>& stages);

}  // namespace nibble
