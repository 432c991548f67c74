// What can be said of a chip before anything runs: its static report, and the figures that follow
// from it: peaks by format, bandwidths, where array and memory are in balance, picojoules, the FP16
// twins. For `nibblesim describe` and for what has to judge chips without simulating them. Keys:
// DESIGN section 6.
#pragma once

#include "sim/report/static_report.h"

namespace nibble {

/// The keys of static_report among them. Rates are of all cores, `streams` of one. Precondition:
/// the chip's main array is a 4-bit one.
[[nodiscard]] Json chip_facts(const ChipConfig& config, const EnergyTable& table);

}  // namespace nibble
