// The values of an axis that is given by its ends.
#pragma once

#include <string>
#include <vector>

#include "sim/config/yaml_reader.h"

namespace nibble {

constexpr std::int64_t kMostAxisValues = 10'000;

/// Of `{from: 16, to: 64, step: 16}`, `{from: 256, to: 4096, factor: 2}` or
/// `{from: 100, to: 1000, points: 4, scale: linear | log}`; both ends included where the steps
/// reach them. Whole numbers if both ends are written as such (rounded, each once). Throws
/// BadInput.
[[nodiscard]] std::vector<std::string> axis_values(const YamlMap& range);

}  // namespace nibble
