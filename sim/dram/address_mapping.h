// From a byte address to channel, bank, row and column. Pure arithmetic on the validated geometry.
#pragma once

#include "sim/dram/dram_config.h"

namespace nibble {

/// Where one burst lies inside its channel. `bank` = bank group * banks_per_group + bank.
struct BurstPlace {
  std::int32_t bank = 0;
  std::int32_t row = 0;
  std::int32_t column = 0;  // bursts, not device columns
};

/// Decodes channel-local burst numbers. Burst b of the system (address / burst_bytes) lies in
/// channel b % channels and is burst b / channels there, so a contiguous range of addresses is one
/// contiguous range in every channel. The number of channels need not be a power of two.
class AddressDecoder {
 public:
  explicit AddressDecoder(const DramConfig& config);

  /// `local_burst` must be below config.bursts_per_channel().
  [[nodiscard]] BurstPlace place(std::int64_t local_burst) const {
    const auto burst = static_cast<std::uint64_t>(local_burst);
    const auto field = [burst](Field f) {
      return static_cast<std::int32_t>((burst >> f.shift) & f.mask);
    };
    return {(field(group_) << bank_bits_) | field(bank_), field(row_), field(column_)};
  }

 private:
  struct Field {
    int shift = 0;
    std::uint64_t mask = 0;
  };
  Field group_, bank_, row_, column_;
  int bank_bits_ = 0;
};

}  // namespace nibble
