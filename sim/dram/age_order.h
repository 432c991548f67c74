// The order of age of a queue's entries. An entry's slot and the row that it asks for lie at its
// age position, side by side with those of the others, so that one comparison of vectors finds all
// entries of a row; the rest of an entry stays in its slot. Part of ChannelQueue.
#pragma once

#include <cstdint>
#include <cstring>

#include "sim/dram/address_mapping.h"
#include "sim/dram/dram_config.h"

namespace nibble {

inline constexpr int kPositions = DramConfig::kMaxQueueEntries;

/// A row of a bank as one number.
class BankRow {
 public:
  BankRow() = default;
  explicit BankRow(std::uint32_t bits) : bits_(bits) {}
  explicit BankRow(const BurstPlace& place)
      : bits_(static_cast<std::uint32_t>(place.row) << kBankBits |
              static_cast<std::uint32_t>(place.bank)) {}
  [[nodiscard]] std::uint32_t bits() const { return bits_; }
  [[nodiscard]] int bank() const { return static_cast<int>(bits_ & ((1U << kBankBits) - 1)); }
  [[nodiscard]] std::int32_t row() const { return static_cast<std::int32_t>(bits_ >> kBankBits); }

 private:
  static constexpr int kBankBits = 4;
  static_assert(DramConfig::kMaxBanks == 1 << kBankBits);
  std::uint32_t bits_ = 0;
};

/// Which slot is at which age position, and what it asks for.
class AgeOrder {
 public:
  [[nodiscard]] std::uint32_t slot_at(std::uint32_t position) const {
    return slots_[oldest_ + position];
  }
  [[nodiscard]] BankRow row_at(std::uint32_t position) const {
    return BankRow(rows_[oldest_ + position]);
  }
  /// BankRow::bits() of kPositions positions; those without an entry hold anything.
  [[nodiscard]] const std::uint32_t* rows() const { return rows_ + oldest_; }
  void put(std::uint32_t position, std::uint32_t slot, BankRow row) {
    slots_[oldest_ + position] = static_cast<std::uint8_t>(slot);
    rows_[oldest_ + position] = row.bits();
  }
  void remove_oldest() {
    if (++oldest_ == kPositions) {
      std::memcpy(slots_, slots_ + kPositions, kPositions);
      std::memcpy(rows_, rows_ + kPositions, kPositions * sizeof(rows_[0]));
      oldest_ = 0;
    }
  }
  /// Everything younger moves down one position.
  void remove(std::uint32_t position) {
    move_down(slots_ + oldest_ + position);
    move_down(rows_ + oldest_ + position);
  }

 private:
  /// As many as there can be: a copy of fixed length takes a few wide moves.
  template <typename T>
  static void move_down(T* to) {
    T younger[kPositions];
    std::memcpy(younger, to + 1, sizeof younger);
    std::memcpy(to, younger, sizeof younger);
  }

  std::uint32_t oldest_ = 0;                 // where position 0 is
  std::uint8_t slots_[3 * kPositions] = {};  // the last third is never used: room for a wide copy
  std::uint32_t rows_[3 * kPositions] = {};  // the same
};

}  // namespace nibble
