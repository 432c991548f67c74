// A memory trace on its own, without a chip: so that anyone can compare this memory with another.
// Fed by `nibblesim dram`, read by nobody else.
//
// A trace has one request of 64 bytes a line, `R|W hex_address [cycle]`; '#' starts a comment,
// empty lines are skipped. A request is accepted at the first DRAM clock at which its channels'
// queues have room for it, one request a clock at most, in the trace's order; not before its
// `cycle`, if it has one. Addresses count from 0 and are multiples of 64; cycles do not decrease.
#pragma once

#include <istream>
#include <string>

#include "sim/dram/dram_config.h"
#include "sim/dram/dram_statistics.h"

namespace nibble {

inline constexpr Bytes kTraceRequestBytes = 64;

struct DramTraceResult {
  std::int64_t reads = 0, writes = 0;  // requests
  /// Clocks from edge 0 until the last read's data has left the bus; 0 without reads.
  DramClock last_read_clock = 0;
  /// The same for the last burst of any kind, after the write queues have drained.
  DramClock last_data_clock = 0;
  /// Mean clocks from a read's acceptance to its last data.
  double mean_read_latency_clocks = 0;
  /// Counts until last_data_clock: refreshes after it are not in it.
  DramStatistics statistics;
};

/// Throws BadInput for a line that cannot be read or an address beyond the capacity; `name` is what
/// messages call the trace.
[[nodiscard]] DramTraceResult run_dram_trace(std::istream& trace, const std::string& name,
                                             const DramConfig& config);

}  // namespace nibble
