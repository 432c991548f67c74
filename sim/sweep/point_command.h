// One point of a sweep as a run of its own.
#pragma once

#include <cstdint>
#include <string>

#include "sim/sweep/design_space.h"

namespace nibble {

/// `nibblesim run EXPERIMENT --set KEY=VALUE ...`, for a shell: what all points have, then the
/// point's own. Its result is the sweep's.
[[nodiscard]] std::string point_command(const Sweep& sweep, const Point& point);

/// The same of the point with this number: that of the results in DIRECTORY, or, if that is empty,
/// of those that a run would have; only a grid or sample has these. Throws BadInput.
[[nodiscard]] std::string numbered_command(const Sweep& sweep, std::int64_t number,
                                           const std::string& directory);

}  // namespace nibble
