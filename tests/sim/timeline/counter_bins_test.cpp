// Amounts spread over intervals: nothing lost, whatever the lengths, and never too many intervals.
#include "sim/timeline/counter_bins.h"

#include <catch2/catch.hpp>

#include "tests/sim/support/pick.h"

namespace nibble {
namespace {

std::int64_t total(const CounterBins& bins, TimelineCount what) {
  std::int64_t sum = 0;
  for (const TimelineAmounts& bin : bins.bins()) sum += bin[static_cast<std::size_t>(what)];
  return sum;
}

constexpr TimelineCount kRead = TimelineCount::dram_read;

}  // namespace

TEST_CASE("An amount is spread evenly over the intervals that it touches") {
  CounterBins bins(0, 1000);
  bins.add(kRead, 1280, 32, 160);  // 10 a cycle
  REQUIRE(bins.interval() == 64);
  REQUIRE(bins.bins().size() == 3);
  CHECK(bins.bins()[0][0] == 320);
  CHECK(bins.bins()[1][0] == 640);
  CHECK(bins.bins()[2][0] == 320);
}

TEST_CASE("What took no time goes to its moment, what lies outside the window is left out") {
  CounterBins bins(100, 300);
  bins.add(kRead, 7, 120, 120);
  CHECK(bins.bins()[0][0] == 7);
  bins.add(kRead, 1000, 0, 100);
  bins.add(kRead, 1000, 300, 400);
  CHECK(total(bins, kRead) == 7);
  bins.add(TimelineCount::array_busy, 400, 0, 400);
  CHECK(total(bins, TimelineCount::array_busy) == 200);
}

TEST_CASE("A long run makes intervals longer and keeps every unit of every amount") {
  test::Random random(3);
  CounterBins bins(0, INT64_MAX);
  std::int64_t added = 0;
  Cycles now = 0;
  for (int i = 0; i < 20000; ++i) {
    const std::int64_t amount = test::pick(random, 0, 100000);
    const Cycles length = test::pick(random, 0, 5000);
    bins.add(kRead, amount, now, now + length);
    added += amount;
    now += test::pick(random, 0, 2 * length);
    REQUIRE(bins.bins().size() <= CounterBins::kMostBins);
  }
  CHECK(total(bins, kRead) == added);
  CHECK(static_cast<Cycles>(bins.bins().size()) * bins.interval() >= now);
  CHECK(bins.interval() >= now / static_cast<Cycles>(CounterBins::kMostBins));
}

}  // namespace nibble
