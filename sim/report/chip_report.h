// One chip's run as JSON: the keys of result.json that speak of a single chip (sim/report/README.md
// says what each means and in which unit).
#pragma once

#include <nlohmann/json.hpp>

#include "sim/energy/energy.h"
#include "sim/stats/run_statistics.h"

namespace nibble {

using Json = nlohmann::ordered_json;

[[nodiscard]] Json chip_report(const ChipConfig& config, const ProgramOutline& program,
                               const RunStatistics& statistics, const EnergyTable& table);

}  // namespace nibble
