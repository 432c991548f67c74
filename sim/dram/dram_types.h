// The words that all files of this folder share: times, accesses, commands.
#pragma once

#include <cstdint>

namespace nibble {

/// Simulated time. Every DRAM clock period is a whole number of picoseconds.
using Picoseconds = std::int64_t;
/// Edges of the DRAM command clock; edge k is at k * clock_period_ps.
using DramClock = std::int64_t;

enum class Access : std::uint8_t { read, write };

/// What a channel's command bus can carry in one clock.
enum class DramCommandKind : std::uint8_t {
  activate,
  precharge,
  read,
  write,
  precharge_all,
  refresh_all,
};
inline constexpr int kDramCommandKinds = 6;

[[nodiscard]] constexpr const char* name_of(DramCommandKind kind) {
  constexpr const char* kNames[kDramCommandKinds] = {"ACT", "PRE", "RD", "WR", "PREA", "REF"};
  return kNames[static_cast<int>(kind)];
}

/// One command as the channel issued it. `bank` and `row` are 0 for commands to all banks; `row` is
/// the row that is opened, accessed or closed; `column` counts bursts in the row (RD and WR only).
struct DramCommand {
  DramClock clock = 0;
  DramCommandKind kind = DramCommandKind::activate;
  std::int32_t bank = 0;
  std::int32_t row = 0;
  std::int32_t column = 0;
};

[[nodiscard]] inline bool operator==(const DramCommand& a, const DramCommand& b) {
  return a.clock == b.clock && a.kind == b.kind && a.bank == b.bank && a.row == b.row &&
         a.column == b.column;
}

}  // namespace nibble
