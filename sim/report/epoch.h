// What a whole epoch of training takes, from one step of it.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/report/chip_report.h"

namespace nibble {

struct EpochPlan {
  std::int64_t samples = 0;          // of the data set
  std::optional<double> battery_wh;  // what the energy is to be a share of
};

/// `epoch` of a result: every step takes what the result's takes, also the last, smaller one;
/// energy is that of all workers. Of the FP16 twin too, if there is one.
[[nodiscard]] Json epoch_report(const EpochPlan& plan, const Json& result);

}  // namespace nibble
