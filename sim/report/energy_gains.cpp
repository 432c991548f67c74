#include "sim/report/energy_gains.h"

#include "sim/energy/energy_gain.h"

namespace nibble {
namespace {

Ranged part_of(const Json& chip, const std::string& part) {
  const Json& range = chip.at("energy_range_j");
  const auto joules = [&](const Json& energy) { return energy.at(part).get<double>(); };
  return {joules(chip.at("energy_j")), joules(range.at("low")), joules(range.at("high"))};
}

Ranged gain_of(const Json& chip, const Json& twin, bool with_dram) {
  std::vector<GroupEnergy> groups;
  for (const auto& [part, joules] : chip.at("energy_j").items()) {
    if (part == "total" || (part == "dram" && !with_dram)) continue;
    groups.push_back({part_of(chip, part), part_of(twin, part)});
  }
  return energy_gain(groups);
}

Json range_json(const Ranged& gain) { return {{"low", gain.low}, {"high", gain.high}}; }

}  // namespace

void add_energy_gains(Json& chip, const Json& twin) {
  const Ranged with_dram = gain_of(chip, twin, true);
  const Ranged without_dram = gain_of(chip, twin, false);
  chip["energy_gain_vs_fp16"] = with_dram.value;
  chip["energy_gain_range_vs_fp16"] = range_json(with_dram);
  chip["energy_gain_without_dram"] = without_dram.value;
  chip["energy_gain_range_without_dram"] = range_json(without_dram);
}

}  // namespace nibble
