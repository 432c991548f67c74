// The energy gains of a chip over its twin, with and without DRAM, each with its range.
#pragma once

#include "sim/report/chip_report.h"

namespace nibble {

/// Into the chip's report; `twin` is the twin's. The groups of entries that are wrong together are
/// the parts of `energy_j`.
void add_energy_gains(Json& chip, const Json& twin);

}  // namespace nibble
