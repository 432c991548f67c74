// Random bits that are a function of where they are used and of nothing else: Philox4x32-10, a
// counter-based generator. Stochastic rounding so gives the same bits whatever the number of
// threads, the order of elements or the instruction set. Source: J. Salmon et al., "Parallel random
// numbers: as easy as 1, 2, 3", SC 2011.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace nibble {

/// What distinguishes one tensor's bits from another's. Philox's key is the seed; its counter is
/// {block, step, layer, use}.
struct RandomStream {
  std::uint64_t seed = 0;
  std::uint32_t step = 0;
  std::uint32_t layer = 0;
  std::uint32_t use = 0;  // what for, within a layer and step: the caller's numbering
};

using PhiloxBlock = std::array<std::uint32_t, 4>;

/// Ten rounds. The known answers of the authors' library are in the tests.
[[nodiscard]] constexpr PhiloxBlock philox4x32(PhiloxBlock counter, std::uint32_t key0,
                                               std::uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t product1 = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key0,
               static_cast<std::uint32_t>(product1),
               static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key1,
               static_cast<std::uint32_t>(product0)};
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  return counter;
}

inline constexpr std::size_t kRandomRun = 64;

/// Element i's word: elements are taken in runs of 64, a run is 16 blocks, and element e of a run
/// is word e / 16 of block e % 16, so that a vector of neighbours is one word of as many blocks.
[[nodiscard]] constexpr std::uint32_t random_word(const RandomStream& stream, std::uint64_t i) {
  const auto block = static_cast<std::uint32_t>(i / kRandomRun * 16 + i % 16);
  return philox4x32({block, stream.step, stream.layer, stream.use},
                    static_cast<std::uint32_t>(stream.seed),
                    static_cast<std::uint32_t>(stream.seed >> 32))[i % kRandomRun / 16];
}

/// words[0..64) of elements 64 * run .. 64 * run + 63.
void random_words(const RandomStream& stream, std::uint64_t run, std::uint32_t* words);

}  // namespace nibble
