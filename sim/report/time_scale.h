// Cycles of two results on one scale: seconds, of a sample where the batches differ.
#pragma once

#include "sim/report/page.h"

namespace nibble {

struct TimeScale {
  TimeScale(const Json& result, bool per_sample)
      : cores(whole(result, "cores")),
        seconds_a_cycle(1 / (number(result, "clock_mhz") * 1e6) /
                        (per_sample ? number(result, "batch") : 1)) {}

  /// Of cycles that are summed over the cores, the share of the run's time.
  [[nodiscard]] double of_cores(long long cycles) const {
    return static_cast<double>(cycles) * seconds_a_cycle / static_cast<double>(cores);
  }
  [[nodiscard]] double of(long long cycles) const {
    return static_cast<double>(cycles) * seconds_a_cycle;
  }

  long long cores;
  double seconds_a_cycle;
};

}  // namespace nibble
