// The files that an experiment names, and what to tell who misspelt one or put a key in the wrong
// place.
#pragma once

#include <string>
#include <vector>

#include "sim/base/bad_input.h"
#include "sim/config/yaml_reader.h"

namespace nibble {

/// CONFIGS/FOLDER/NAME.yaml of the name that stands under `key`. Throws BadInput that lists the
/// names there are if this is none of them.
[[nodiscard]] std::string part_file(const YamlMap& map, const std::string& key,
                                    const std::string& configs, const std::string& folder);

/// "FILE: KEY: is NAME, ..." if a file calls itself by another name than its own; otherwise "".
[[nodiscard]] std::string name_note(const std::string& file, const std::string& key,
                                    const std::string& name);

/// The fault of an experiment that does not know a key, with a hint if it came from an override
/// that would be known with "chip." or "network." before it.
[[nodiscard]] BadInput with_hint(const BadInput& fault, const std::vector<YamlOverride>& overrides,
                                 const std::string& configs, const std::string& chip,
                                 const std::string& network_file);

}  // namespace nibble
