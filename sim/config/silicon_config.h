// Reads configs/silicon/*_cells.yaml and what a chip says of its silicon. Fed by the chip reader.
#pragma once

#include <string>

#include "sim/config/yaml_reader.h"
#include "sim/silicon/silicon.h"

namespace nibble {

/// The whole file; every key is required. Throws BadInput, also for columns whose areas or energies
/// cannot be interpolated.
[[nodiscard]] SiliconCells read_silicon_cells(const std::string& file);

/// `silicon:` of a chip, and the file that it names. Throws BadInput.
[[nodiscard]] Silicon read_silicon(const YamlMap& map, const std::string& configs_folder);

}  // namespace nibble
