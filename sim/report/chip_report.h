// One chip's run as JSON: the keys of result.json that speak of a single chip (sim/report/README.md
// says what each means and in which unit).
#pragma once

#include <nlohmann/json.hpp>

#include "sim/energy/energy.h"
#include "sim/stats/run_statistics.h"

namespace nibble {

using Json = nlohmann::ordered_json;

/// Of a 4-bit chip also what its arrays are made of, which is the twin's silicon as well.
[[nodiscard]] Json chip_report(const ChipConfig& config, const ProgramOutline& program,
                               const RunStatistics& statistics, const EnergyTable& table);

}  // namespace nibble
