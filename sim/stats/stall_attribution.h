// Why the main arrays were not executing, cycle by cycle, from the times at which commands ran.
#pragma once

#include "sim/stats/run_statistics.h"

namespace nibble {

/// Fills `busy` and, in every stage, the stalls with no command in the main array (fp16_tile, sfu,
/// dram, ring, token, idle). Needs the stages' begin and end.
void attribute_stalls(const Program& program, const ChipRun& run, RunStatistics& statistics);

}  // namespace nibble
