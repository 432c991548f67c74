// Where the peak ratio between a chip and its FP16 twin becomes the speed-up: one loss at a time is
// switched on in both chips, and what the ratio of their times loses is that loss's factor.
//
//   array density                    FP16 unit's area over 4-bit MAC's, in columns of as many lanes
//                                    (equal-area twins only; an FP16 unit does two MACs in fp8)
//   peak ratio                       MACs a cycle of the two main arrays: part of the 4-bit chip's
//                                    area is its small FP16 tile, and arrays have whole columns
//   high-precision layers            MACs at peak; layers kept in fp16, fp8 run on the FP16 tile
//   fill/drain, weight loads,        cycles the arrays are busy (closed form of every command)
//   partial tiles
//   other                            whole run with DRAM, ring and SFU work taking no time
//   SFU                              whole run with DRAM and ring taking no time
//   ring                             whole run with DRAM taking no time: ring and link (several
//                                    cores or data-parallel chips only)
//   DRAM                             with fences, the run itself; the ratio is now the speed-up
#pragma once

#include "sim/report/chip_report.h"

namespace nibble {

/// Reports of one chip: as it is, and with ever more that takes no time.
struct WaterfallRuns {
  const Json& real;
  const Json& ideal_dram;
  const Json& ideal_ring;  // and DRAM; of a chip of one core the same run
  const Json& ideal_sfu;   // and DRAM and ring
};

/// A list of {name, factor, ratio}; the product of all factors is the last ratio, the speed-up.
[[nodiscard]] Json loss_waterfall(const WaterfallRuns& chip, const WaterfallRuns& twin,
                                  bool equal_area);

}  // namespace nibble
