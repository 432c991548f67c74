// The FP16 chips that may stand beside a 4-bit chip: as much silicon (or what else TwinKind says)
// in one FP16 array, in a few shapes. Which of them is the twin depends on the workload
// (sim/driver/twin.h).
#pragma once

#include <cstdint>
#include <vector>

#include "sim/config/chip_config.h"
#include "sim/energy/energy_table.h"

namespace nibble {

/// What the FP16 twin has as much of as the chip: silicon in its arrays, multipliers, or power of
/// its arrays at full rate. equal_density: silicon of its 4-bit array alone, MAC by MAC: what SUN's
/// Fig. 6c compares.
enum class TwinKind : std::uint8_t { equal_area, equal_lanes, equal_density, equal_power };
[[nodiscard]] const char* twin_name(TwinKind twin);

/// 8, 16, 32 and 64 columns, each with the lanes that bring its array nearest to both of the chip's
/// in area (area_of) or in power (arrays_pj_per_cycle). Of equal density: those within 1 % of the
/// 4-bit array's MACs a cycle / area_ratio of the chip's silicon, or the nearest.
[[nodiscard]] std::vector<ChipConfig> twin_candidates(const ChipConfig& chip,
                                                      const EnergyTable& table, TwinKind kind);

}  // namespace nibble
