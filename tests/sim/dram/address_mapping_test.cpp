// How bursts are dealt over the channels: exhaustively, against counting one burst after the other.
#include "sim/dram/address_mapping.h"

#include <catch2/catch.hpp>

#include "tests/sim/dram/dram_test_support.h"

namespace nibble {

TEST_CASE("A range of bursts has in every channel the bursts that dealing them out gives") {
  constexpr std::int64_t kBursts = 40;
  for (const int channels : {1, 2, 3, 4, 7}) {
    for (const int interleave : {1, 2, 8}) {
      DramParameters p = preset("hbm2_2000");
      p.channels = channels;
      p.channel_interleave_bytes = interleave * 32;
      const ChannelInterleave dealer{DramConfig(p)};
      for (std::int64_t first = 0; first < kBursts; ++first) {
        std::vector<BurstSpan> expected(static_cast<std::size_t>(channels), BurstSpan{-1, 0});
        std::vector<std::int64_t> dealt(static_cast<std::size_t>(channels), 0);
        for (std::int64_t b = 0; b < kBursts; ++b) {
          const auto channel = static_cast<std::size_t>(b / interleave % channels);
          const std::int64_t local = dealt[channel]++;
          if (b < first) continue;
          if (expected[channel].count++ == 0) expected[channel].first = local;
          const InterleavedRange range = dealer.range(first, b + 1);
          int parts = 0;
          for (const BurstSpan& span : expected) parts += span.count > 0;
          REQUIRE(range.parts == parts);
          for (int i = 0; i < parts; ++i) {
            const int c = dealer.nth_channel(range.begin.channel, i);
            const BurstSpan span = dealer.part(range, c);
            REQUIRE(span.first == expected[static_cast<std::size_t>(c)].first);
            REQUIRE(span.count == expected[static_cast<std::size_t>(c)].count);
          }
        }
      }
    }
  }
}

}  // namespace nibble
