// A chip and its twin by the engine `timing`, and the runs between peak and speed-up: everything of
// an experiment that is simulated in processes of its own, side by side.
#pragma once

#include <optional>

#include "sim/driver/chip_simulation.h"

namespace nibble {

struct TimedChips {
  TimedStep chip;
  std::optional<TimedStep> twin;  // unless the experiment has none
  std::optional<Json> waterfall;  // of chip and twin, unless the experiment does without it
};

/// `step` is of the chip: its pinned mappings are not the twin's. So is `timeline`. Throws BadInput
/// if one of the two cannot run the experiment; the chip's fault comes first, as it is the user's.
[[nodiscard]] TimedChips time_chips(const SimulationRequest& request, const StepOptions& step,
                                    const std::optional<TimelineRequest>& timeline = std::nullopt);

}  // namespace nibble
