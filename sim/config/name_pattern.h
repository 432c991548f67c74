// Patterns of layers' names, as `precision.layers` and --timeline-window take them.
#pragma once

#include <string_view>

namespace nibble {

/// Whether `name` is `pattern`, in which each * stands for any characters or none.
[[nodiscard]] bool fits_pattern(std::string_view pattern, std::string_view name);

}  // namespace nibble
