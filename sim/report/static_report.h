// What of a chip's report no run changes: its sizes, peaks, silicon, areas, under the keys of
// result.json.
#pragma once

#include <nlohmann/json.hpp>

#include "sim/config/chip_config.h"
#include "sim/energy/energy_table.h"

namespace nibble {

using Json = nlohmann::ordered_json;

/// `fp8`: an FP16 main array computes in it, at twice its rate. Of a 4-bit chip also what its
/// arrays are made of, which is the twin's silicon as well.
[[nodiscard]] Json static_report(const ChipConfig& config, const EnergyTable& table,
                                 bool fp8 = false);

[[nodiscard]] Json ranged_json(const Ranged& range);

}  // namespace nibble
