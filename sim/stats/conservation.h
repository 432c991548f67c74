// The laws every run must obey, cheap enough to be checked on every run (DESIGN section 4).
#pragma once

#include "sim/stats/run_statistics.h"

namespace nibble {

/// Throws std::logic_error that names the law, the unit or stage, and the cycle.
/// Of a whole run: the DMA asked for the compulsory bytes at least.
void check_compulsory_bytes(Bytes compulsory_bytes, const RunStatistics& statistics);

void check_conservation(const Program& program, const ChipConfig& config, const ChipRun& run,
                        const RunStatistics& statistics);

}  // namespace nibble
