// What makes two results differ, as JSON: set-up, headline, causes, energy, layers. Keys: DESIGN
// section 6.
#pragma once

#include "sim/report/chip_report.h"

namespace nibble {

/// Two results as read_result gives them. Differences are B less A. Times (`a_s`, `b_s`) are those
/// of a sample where the batches differ (`per_sample`). Causes: cycles of all cores, so that they
/// add up to cycles x cores; their times are shares of the run's.
[[nodiscard]] Json comparison(const Json& a, const Json& b);

}  // namespace nibble
