// A comparison's part on what was run differently.
#pragma once

#include "sim/report/chip_report.h"

namespace nibble {

/// {key, a, b} of each key of the set-up that is not the same; null where one has no such key.
/// Options (`--set`) and layers' precisions that both have are left out.
[[nodiscard]] Json different_setup(const Json& a, const Json& b);

}  // namespace nibble
