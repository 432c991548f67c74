// One entry of a table of published numbers: `KEY: {value: 2, low: 1, high: 3, source: WHERE}`.
#pragma once

#include <string>

#include "sim/base/ranged.h"
#include "sim/config/yaml_reader.h"

namespace nibble {

/// Throws BadInput; unless 0 <= low <= value <= high, and without a source.
[[nodiscard]] Ranged read_ranged(const YamlMap& map, const std::string& key);

/// The same of an entry `KEY: {low: 1, high: 3, source: WHERE}` whose value is known.
[[nodiscard]] Ranged read_range(const YamlMap& map, const std::string& key, double value);

}  // namespace nibble
