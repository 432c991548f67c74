// Which of many channels comes first, as a tournament: one channel's clock changes in
// log2(channels) comparisons, fewer if it decides nothing further up. Kept by DramSystem, which
// asks at every step.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

#include "sim/dram/dram_types.h"

namespace nibble {

class SoonestChannel {
 public:
  static constexpr DramClock kNever = std::numeric_limits<DramClock>::max();

  /// All at kNever.
  explicit SoonestChannel(int channels) {
    while (leaves_ < static_cast<std::size_t>(channels)) leaves_ *= 2;
    nodes_.assign(2 * leaves_, kNever);
  }

  /// `clock` is kNever or below 2^53.
  void set(std::size_t channel, DramClock clock) {
    std::size_t node = leaves_ + channel;
    DramClock key =
        clock == kNever ? kNever : clock << kChannelBits | static_cast<DramClock>(channel);
    for (; node > 0 && nodes_[node] != key; node /= 2) {
      nodes_[node] = key;
      key = std::min(key, nodes_[node ^ 1U]);
    }
  }
  [[nodiscard]] DramClock clock() const {
    return nodes_[1] == kNever ? kNever : nodes_[1] >> kChannelBits;
  }
  /// The lowest of those at clock(), which is not kNever.
  [[nodiscard]] std::size_t channel() const {
    return static_cast<std::size_t>(nodes_[1] & ((1 << kChannelBits) - 1));
  }

 private:
  static constexpr int kChannelBits = 10;  // DramConfig admits 1024 channels

  std::size_t leaves_ = 1;
  std::vector<DramClock>
      nodes_;  // (clock, channel) as one number; node i is the first of 2i, 2i + 1
};

}  // namespace nibble
