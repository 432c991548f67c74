// Energy and area of a run: action counts times the energy reference table.
#pragma once

#include <vector>

#include "sim/config/chip_config.h"
#include "sim/energy/energy_table.h"
#include "sim/stats/run_statistics.h"

namespace nibble {

/// Square millimetres of all cores.
struct AreaReport {
  double tile = 0;       // main array with its accumulators and double-buffered B
  double fp16_tile = 0;  // the small high-precision array
  double scratchpad = 0, sfu = 0;
  double total = 0;
};

/// Joules. `ring` holds the link to other chips too.
struct EnergyReport {
  double mac = 0, scratchpad = 0, accumulator = 0, sfu = 0, ring = 0, dram = 0, leakage = 0;
  double total = 0;
};

[[nodiscard]] AreaReport area_of(const ChipConfig& config, const EnergyTable& table);

/// Dynamic energy of the counted actions without DRAM background and leakage, which belong to time.
[[nodiscard]] EnergyReport dynamic_energy(const ActionCounts& actions, const EnergyTable& table);

/// The whole run; DRAM (what its device says of commands and time) and leakage included.
[[nodiscard]] EnergyReport energy_of(const RunStatistics& statistics, const ChipConfig& config,
                                     const EnergyTable& table);

/// Throws std::logic_error unless the stages' totals, each from its own counts, add up to the
/// run's.
void check_energy(const EnergyReport& run, const std::vector<EnergyReport>& stages);

/// One stage: its own actions; of the run's DRAM energy the stage's share of the bytes moved (of
/// the cycles if none were), of the leakage its share of the cycles. Stages add up to the run.
[[nodiscard]] EnergyReport stage_energy(const StageStatistics& stage,
                                        const RunStatistics& statistics, const EnergyReport& run,
                                        const EnergyTable& table);

}  // namespace nibble
