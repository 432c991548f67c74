// How much of something happened when: amounts spread over equal intervals of time, whose number is
// bounded. When there would be too many, the intervals become twice as long.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/base/units.h"

namespace nibble {

/// What a timeline counts by interval.
enum class TimelineCount : std::uint8_t { dram_read, dram_written, array_busy, array_streaming };
inline constexpr std::size_t kTimelineCounts = 4;
using TimelineAmounts = std::array<std::int64_t, kTimelineCounts>;

class CounterBins {
 public:
  static constexpr std::size_t kMostBins = 4096;

  /// Intervals begin at `origin`; what lies outside [origin, end) is not counted.
  CounterBins(Cycles origin, Cycles end) : origin_(origin), end_(end) {}

  /// Spreads `amount` evenly over [begin, end), whole units to whole cycles, so that nothing is
  /// lost; if it took no time, it goes to `begin`.
  void add(TimelineCount what, std::int64_t amount, Cycles begin, Cycles end);

  [[nodiscard]] Cycles origin() const { return origin_; }
  [[nodiscard]] Cycles interval() const { return interval_; }
  [[nodiscard]] const std::vector<TimelineAmounts>& bins() const { return bins_; }

 private:
  void reach(std::size_t bin);

  Cycles origin_, end_;
  Cycles interval_ = 64;
  std::vector<TimelineAmounts> bins_;
};

}  // namespace nibble
