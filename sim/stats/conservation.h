// The laws every run must obey, cheap enough to be checked on every run (DESIGN section 4).
#pragma once

#include "sim/stats/run_statistics.h"

namespace nibble {

/// Throws std::logic_error that names the law, the unit or stage, and the cycle.
void check_conservation(const Program& program, const ChipConfig& config, const ChipRun& run,
                        const RunStatistics& statistics);

}  // namespace nibble
