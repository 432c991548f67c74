// The order of age of a queue's entries, which stay in their slots: a byte for each age position,
// so that taking an entry out moves a few bytes. Part of ChannelQueue.
#pragma once

#include <cstdint>
#include <cstring>

#include "sim/dram/dram_config.h"

namespace nibble {

inline constexpr int kPositions = DramConfig::kMaxQueueEntries;

/// Which slot is at which age position.
class AgeOrder {
 public:
  [[nodiscard]] std::uint32_t slot_at(std::uint32_t position) const {
    return slots_[oldest_ + position];
  }
  void put(std::uint32_t position, std::uint32_t slot) {
    slots_[oldest_ + position] = static_cast<std::uint8_t>(slot);
  }
  void remove_oldest() {
    if (++oldest_ == kPositions) {
      std::memcpy(slots_, slots_ + kPositions, kPositions);
      oldest_ = 0;
    }
  }
  /// Everything younger moves down one position.
  void remove(std::uint32_t position) {
    std::uint8_t younger[kPositions];
    std::uint8_t* from = slots_ + oldest_ + position;
    std::memcpy(younger, from + 1, kPositions);
    std::memcpy(from, younger, kPositions);
  }

 private:
  std::uint32_t oldest_ = 0;                 // where position 0 is
  std::uint8_t slots_[3 * kPositions] = {};  // the last third is never used: room for a wide copy
};

}  // namespace nibble
