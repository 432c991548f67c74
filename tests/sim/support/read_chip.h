// The chips of configs/chips, with keys changed, and their facts.
#pragma once

#include <string>
#include <vector>

#include "sim/report/chip_facts.h"

namespace nibble::test {

inline constexpr const char* kConfigs = NIBBLE_SOURCE_DIR "/configs";

inline ChipConfig chip_of(const std::string& name, const std::vector<std::string>& sets = {}) {
  std::vector<YamlOverride> overrides;
  overrides.reserve(sets.size());
  for (const std::string& set : sets) overrides.push_back(parse_override(set));
  return read_chip(kConfigs, name, overrides);
}

inline EnergyTable table_of(const ChipConfig& chip) {
  return read_energy_table(kConfigs, chip.energy_file, chip.silicon.cells.node_nm);
}

inline Json facts_of(const std::string& name, const std::vector<std::string>& sets = {}) {
  const ChipConfig chip = chip_of(name, sets);
  return chip_facts(chip, table_of(chip));
}

}  // namespace nibble::test
