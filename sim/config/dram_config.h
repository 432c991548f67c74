// Reads configs/dram/*.yaml. Fed by the chip reader and the trace driver, read by sim/dram.
#pragma once

#include <string>
#include <vector>

#include "sim/config/yaml_reader.h"
#include "sim/dram/dram_config.h"

namespace nibble {

/// The whole file; every key is required. Throws BadInput, also for values that do not fit
/// together. `overrides` are the user's `--set` for this file.
[[nodiscard]] DramConfig read_dram_config(const std::string& file,
                                          const std::vector<YamlOverride>& overrides = {});

/// The same from a map that a caller has opened.
[[nodiscard]] DramConfig read_dram_config(const YamlMap& map);

}  // namespace nibble
