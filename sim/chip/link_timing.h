// Closed form of a LinkTransfer: the ring all-reduce of a data-parallel group, in which every chip
// sends and receives 2 (W-1)/W of the bytes in 2 (W-1) messages.
#pragma once

#include <cmath>

#include "sim/command/program.h"
#include "sim/config/chip_config.h"

namespace nibble {

[[nodiscard]] inline Cycles link_cycles(const LinkTransfer& transfer, const LinkConfig& config) {
  if (config.workers < 2) return 0;
  const double workers = config.workers;
  const double bytes = 2 * (workers - 1) / workers * static_cast<double>(transfer.bytes);
  const Cycles latency = transfer.first ? 2 * (config.workers - 1) * config.latency_cycles : 0;
  return latency + static_cast<Cycles>(std::ceil(bytes / config.bytes_per_cycle));
}

}  // namespace nibble
