// Closed form of an SfuCommand's duration: the vectors of lanes times the steps' cycles, or the
// bytes through its scratchpad port if they take longer, plus the pipeline's latency.
#pragma once

#include "sim/config/chip_config.h"

namespace nibble {

[[nodiscard]] Cycles sfu_cycles(const SfuCommand& command, const SfuConfig& config);

}  // namespace nibble
