// Files that others name: a chip its DRAM preset, an experiment its chip, network and trace.
#pragma once

#include <string>
#include <vector>

#include "sim/config/yaml_reader.h"

namespace nibble {

/// Of the files of a folder that end so, without the ending; in order. None if there is no folder.
[[nodiscard]] std::vector<std::string> names_in(const std::string& folder,
                                                const std::string& extension = ".yaml");

/// CONFIGS/FOLDER/NAME + `extension` of the name that stands under `key`. Throws BadInput that
/// lists the names there are if this is none of them.
[[nodiscard]] std::string part_file(const YamlMap& map, const std::string& key,
                                    const std::string& configs, const std::string& folder,
                                    const std::string& extension = ".yaml");

}  // namespace nibble
