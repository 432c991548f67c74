// Action counts of a channel or of a whole system. Joules are another part's business.
#pragma once

#include <array>

#include "sim/base/units.h"
#include "sim/dram/dram_types.h"

namespace nibble {

struct DramStatistics {
  std::array<std::int64_t, kDramCommandKinds> commands{};  // by DramCommandKind
  Bytes bytes_read = 0, bytes_written = 0;                 // moved over the bus: whole bursts
  /// Column commands that did not need an activate of their own.
  std::int64_t row_hits = 0;
  /// Clocks with data on the bus, summed over channels.
  DramClock data_bus_busy_clocks = 0;
  /// Clocks with at least one open row, from an ACT to the PRE that closed the last or to the first
  /// undecided edge, summed over channels.
  DramClock active_clocks = 0;

  [[nodiscard]] std::int64_t count(DramCommandKind kind) const {
    return commands[static_cast<std::size_t>(kind)];
  }
  [[nodiscard]] std::int64_t bursts() const {
    return count(DramCommandKind::read) + count(DramCommandKind::write);
  }
  [[nodiscard]] double row_hit_rate() const {
    return bursts() == 0 ? 0.0 : static_cast<double>(row_hits) / static_cast<double>(bursts());
  }
  DramStatistics& operator+=(const DramStatistics& other);
  [[nodiscard]] bool operator==(const DramStatistics& other) const;
  DramStatistics& operator-=(const DramStatistics& earlier);
};

}  // namespace nibble
