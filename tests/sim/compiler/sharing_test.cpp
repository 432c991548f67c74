// How cores share out tensors, byte by byte.
#include "sim/compiler/sharing.h"

#include <catch2/catch.hpp>

#include "tests/sim/support/pick.h"

namespace nibble {
namespace {

using namespace test;

/// One tensor, read in `parts` time steps.
Workload one_tensor(std::int64_t elements, int bits, std::int64_t rows, std::int64_t parts) {
  Workload workload;
  workload.tensors = {{"x", elements, bits, false, rows, false}};
  workload.stages = {{"layer", Pass::forward}};
  for (std::int64_t part = 0; part < parts; ++part) {
    workload.operations.push_back(
        {0, SfuWork{{SfuStep::relu}, elements / parts, {{0, part, parts}}, {}, {}}});
  }
  return workload;
}

}  // namespace

TEST_CASE("Every byte of a tensor has one owner, and a place of its own with it") {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    Random random(seed);
    const std::int64_t parts = one_in(random, 2) ? pick(random, 1, 5) : 1;
    const std::int64_t rows = parts * pick(random, 1, 40);
    const std::int64_t elements = rows * pick(random, 1, 9);
    const int bits = pick_of(random, {1, 2, 4, 8, 16, 32});
    const int cores = static_cast<int>(pick(random, 1, 33));
    INFO("seed " << seed << ": " << elements << " elements of " << bits << " bits in " << rows
                 << " rows, " << parts << " parts, " << cores << " cores");
    const Workload workload = one_tensor(elements, bits, rows, parts);
    const Sharing sharing(workload, cores);
    const Bytes bytes = workload.tensors[0].bytes();
    std::vector<std::vector<bool>> taken(
        static_cast<std::size_t>(cores),
        std::vector<bool>(static_cast<std::size_t>(sharing.resident_bytes(0)), false));
    Bytes next = 0;
    std::vector<Sharing::Segment> of_byte(static_cast<std::size_t>(bytes));
    for (const Sharing::Segment& segment : sharing.owners(0, 0, bytes)) {
      CHECK(segment.begin == next);
      REQUIRE(segment.end > segment.begin);
      next = segment.end;
      auto& places = taken[static_cast<std::size_t>(segment.core)];
      for (Bytes byte = segment.begin; byte < segment.end; ++byte) {
        const auto place = static_cast<std::size_t>(segment.local + byte - segment.begin);
        REQUIRE(place < places.size());
        REQUIRE_FALSE(places[place]);
        places[place] = true;
        of_byte[static_cast<std::size_t>(byte)] = {segment.core, byte, byte + 1,
                                                   static_cast<Bytes>(place)};
      }
    }
    CHECK(next == bytes);
    // Any range is told the same owners and places.
    for (int range = 0; range < 20; ++range) {
      const Bytes begin = pick(random, 0, bytes - 1);
      const Bytes end = pick(random, begin + 1, bytes);
      Bytes at = begin;
      for (const Sharing::Segment& segment : sharing.owners(0, begin, end)) {
        CHECK(segment.begin == at);
        for (; at < segment.end; ++at) {
          const Sharing::Segment& wanted = of_byte[static_cast<std::size_t>(at)];
          REQUIRE(segment.core == wanted.core);
          REQUIRE(segment.local + at - segment.begin == wanted.local);
        }
      }
      CHECK(at == end);
    }
  }
}

TEST_CASE("Cores own whole rows, in order, and no core more than one row above another") {
  for (const int cores : {1, 2, 3, 7}) {
    for (const std::int64_t rows : {1, 2, 7, 20}) {
      INFO(rows << " rows on " << cores << " cores");
      const Workload workload = one_tensor(rows * 6, 16, rows, 1);
      const Sharing sharing(workload, cores);
      std::vector<Bytes> owned(static_cast<std::size_t>(cores), 0);
      int before = 0;
      for (const Sharing::Segment& segment : sharing.owners(0, 0, rows * 12)) {
        CHECK(segment.begin % 12 == 0);
        CHECK(segment.end % 12 == 0);
        CHECK(segment.core >= before);
        before = segment.core;
        owned[static_cast<std::size_t>(segment.core)] += segment.end - segment.begin;
      }
      for (const Bytes bytes : owned) {
        CHECK(bytes / 12 >= rows / cores);
        CHECK(bytes / 12 <= (rows + cores - 1) / cores);
      }
    }
  }
}

TEST_CASE("Sums over rows are copied to every core of several, and shared out on none") {
  Workload workload;
  workload.tensors = {{"sums", 10, 32, false, 0, true}, {"x", 10, 32, false, 0, false}};
  CHECK_FALSE(Sharing(workload, 1).replicated(0));
  CHECK(Sharing(workload, 2).replicated(0));
  CHECK_FALSE(Sharing(workload, 2).replicated(1));
  CHECK(Sharing(workload, 3).resident_bytes(0) == 40);
}

}  // namespace nibble
