// What was run, as the first keys of result.json: experiment, network, and which layer multiplies
// in what.
#pragma once

#include "sim/driver/experiment.h"
#include "sim/report/chip_report.h"

namespace nibble {

[[nodiscard]] Json experiment_report(const Experiment& experiment);

}  // namespace nibble
