// Philox4x32-10 against its authors' known answers, and the vectorised runs against one word at a
// time.
#include "models/quantize/random_bits.h"

#include <set>
#include <vector>

#include <catch2/catch.hpp>

namespace nibble::testing {
namespace {

TEST_CASE("Philox4x32-10 gives the known answers of its authors' library") {
  CHECK(philox4x32({0, 0, 0, 0}, 0, 0) ==
        PhiloxBlock{0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8});
  const std::uint32_t ones = 0xFFFFFFFF;
  CHECK(philox4x32({ones, ones, ones, ones}, ones, ones) ==
        PhiloxBlock{0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD});
  CHECK(philox4x32({0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344}, 0xA4093822, 0x299F31D0) ==
        PhiloxBlock{0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1});
}

TEST_CASE("A run of random words equals its words one by one") {
  const RandomStream stream{0x0123456789ABCDEF, 7, 3, 1};
  for (const std::uint64_t run : {0, 1, 2, 1000, 1 << 20}) {
    std::uint32_t words[kRandomRun];
    random_words(stream, run, words);
    for (std::size_t i = 0; i < kRandomRun; ++i) {
      REQUIRE(words[i] == random_word(stream, run * kRandomRun + i));
    }
  }
}

TEST_CASE("Seed, step, layer, use and element each change the random word") {
  const RandomStream stream{5, 6, 7, 8};
  std::set<std::uint32_t> words{random_word(stream, 0)};
  words.insert(random_word({5 + (std::uint64_t{1} << 32), 6, 7, 8}, 0));
  words.insert(random_word({4, 6, 7, 8}, 0));
  words.insert(random_word({5, 5, 7, 8}, 0));
  words.insert(random_word({5, 6, 6, 8}, 0));
  words.insert(random_word({5, 6, 7, 7}, 0));
  for (std::uint64_t i = 1; i < 1000; ++i) words.insert(random_word(stream, i));
  // Among 1,005 words of 32 bits a coincidence has a chance of one in 8,500.
  CHECK(words.size() == 1005);
}

}  // namespace
}  // namespace nibble::testing
