// One chip's run as JSON: the keys of result.json that speak of a single chip (sim/report/README.md
// says what each means and in which unit).
#pragma once

#include "sim/energy/energy.h"
#include "sim/report/static_report.h"
#include "sim/stats/run_statistics.h"

namespace nibble {

/// What result.json calls itself; a comparison takes no other.
inline constexpr const char* kResultSchema = "nibblesim-result-1";

/// static_report, and what the run adds.
[[nodiscard]] Json chip_report(const ChipConfig& config, const ProgramOutline& program,
                               const RunStatistics& statistics, const EnergyTable& table);

}  // namespace nibble
