// The files that an experiment names, and what to tell who misspelt one or put a key in the wrong
// place.
#pragma once

#include <string>
#include <vector>

#include "sim/base/bad_input.h"
#include "sim/config/yaml_reader.h"

namespace nibble {

/// The folder of chips, networks and so on that the names in a file are looked up in: the one above
/// its own (CONFIGS/experiments/NAME.yaml), or else `configs` where the program is run.
/// Throws BadInput if neither has chips.
[[nodiscard]] std::string configs_folder_of(const std::string& file);

/// A file, where it names itself (as a path of overrides), and what it says there.
struct NamedFile {
  std::string file;
  std::vector<std::string> path;
  std::string name;
};

/// "FILE: KEY: is NAME, ..." of each that calls itself by another name than its file's, unless an
/// override did so.
[[nodiscard]] std::vector<std::string> name_notes(const std::vector<NamedFile>& files,
                                                  const std::vector<YamlOverride>& overrides);

/// The fault of an experiment that does not know a key, with a hint if it came from an override
/// that would be known with "chip." or "network." before it.
[[nodiscard]] BadInput with_hint(const BadInput& fault, const std::vector<YamlOverride>& overrides,
                                 const std::string& configs, const std::string& chip,
                                 const std::string& network_file);

}  // namespace nibble
