// Steps of a training as the command line names them. Both throw BadInput for anything else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "models/training/gradient_steps.h"

namespace nibble {

/// A number from 0, or "last", which is -1; nothing for "".
[[nodiscard]] std::optional<std::int64_t> parse_trace_step(const std::string& text);

/// "0,100,last" or "every:100"; no steps for "".
[[nodiscard]] GradientSteps parse_gradient_steps(const std::string& text);

}  // namespace nibble
