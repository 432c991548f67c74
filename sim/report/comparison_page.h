// The page that `nibblesim compare` prints, from a comparison alone.
#pragma once

#include <cstddef>
#include <string>

#include "sim/report/chip_report.h"

namespace nibble {

inline constexpr std::size_t kComparedLayers = 8;

/// With the `top` layers that differ most. At most 100 columns.
[[nodiscard]] std::string comparison_page(const Json& comparison, std::size_t top);

}  // namespace nibble
