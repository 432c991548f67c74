#include "sim/chip/sfu_timing.h"

#include <algorithm>

namespace nibble {

Cycles sfu_cycles(const SfuCommand& command, const SfuConfig& config) {
  Cycles per_vector = 0;
  for (const SfuStep step : command.steps) {
    per_vector += config.step_cycles[static_cast<std::size_t>(step)];
  }
  const Cycles compute = ceil_div(command.elements, config.lanes) * per_vector;
  const Cycles port = ceil_div(command.port_bytes, config.port_bytes_per_cycle);
  return config.latency + std::max(compute, port);
}

}  // namespace nibble
