// From a byte address to channel, bank, row and column. Pure arithmetic on the validated geometry.
#pragma once

#include <algorithm>

#include "sim/dram/dram_config.h"

namespace nibble {

/// Where one burst lies inside its channel. `bank` = bank group * banks_per_group + bank.
struct BurstPlace {
  std::int32_t bank = 0;
  std::int32_t row = 0;
  std::int32_t column = 0;  // bursts, not device columns
};

/// Consecutive bursts of one channel, by the channel's own numbers.
struct BurstSpan {
  std::int64_t first = 0;
  std::int64_t count = 0;
};

/// A range of the system's bursts (address / burst_bytes) as the channels see it.
struct InterleavedRange {
  /// Where the bursts below an end of the range lie.
  struct Cut {
    std::int64_t every = 0;    // so many in every channel
    int channel = 0;           // channels below this one have a whole block more
    std::int64_t of_last = 0;  // this one has so many more
  };
  Cut begin, end;
  int parts = 0;  // channels that have some of the range, from begin.channel on
};

/// Deals the system's bursts over the channels, `channel_interleave_bytes` to each in turn: block b
/// is the (b / channels)-th of channel b % channels. So a contiguous range of addresses is one
/// contiguous range in every channel. The number of channels need not be a power of two.
class ChannelInterleave {
 public:
  explicit ChannelInterleave(const DramConfig& config);

  /// Bursts [first, last) lie in one block, so in one channel.
  [[nodiscard]] bool is_one_block(std::int64_t first, std::int64_t last) const {
    return (first ^ (last - 1)) >> block_bits_ == 0;
  }
  struct Place {
    int channel = 0;
    std::int64_t burst = 0;  // of the channel
  };
  [[nodiscard]] Place place(std::int64_t burst) const {
    const InterleavedRange::Cut at = cut(burst);
    return {at.channel, at.every + at.of_last};
  }
  /// Bursts [first, last), not empty.
  [[nodiscard]] InterleavedRange range(std::int64_t first, std::int64_t last) const {
    const std::int64_t blocks = ((last - 1) >> block_bits_) - (first >> block_bits_) + 1;
    return {cut(first), cut(last), static_cast<int>(std::min<std::int64_t>(blocks, channels_))};
  }
  /// `n` channels after `first`; below the number of channels, as `first` is.
  [[nodiscard]] int nth_channel(int first, int n) const {
    const int channel = first + n;
    return channel < channels_ ? channel : channel - channels_;
  }
  [[nodiscard]] BurstSpan part(const InterleavedRange& range, int channel) const {
    const std::int64_t first = below(range.begin, channel);
    return {first, below(range.end, channel) - first};
  }

 private:
  [[nodiscard]] InterleavedRange::Cut cut(std::int64_t burst) const {
    const std::int64_t block = burst >> block_bits_;
    const std::int64_t turn = channels_ == 1 ? block : block / channels_;
    return {turn << block_bits_, static_cast<int>(block - turn * channels_),
            burst - (block << block_bits_)};
  }
  [[nodiscard]] std::int64_t below(const InterleavedRange::Cut& cut, int channel) const {
    if (channel == cut.channel) return cut.every + cut.of_last;
    return cut.every + (channel < cut.channel ? std::int64_t{1} << block_bits_ : 0);
  }

  int channels_;
  int block_bits_;
};

/// Decodes channel-local burst numbers.
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
