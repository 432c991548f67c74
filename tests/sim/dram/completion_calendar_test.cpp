// The calendar of complete transactions against a sorted set.
#include "sim/dram/completion_calendar.h"

#include <random>
#include <set>
#include <utility>

#include <catch2/catch.hpp>

namespace nibble {
namespace {

using Sorted = std::set<std::pair<DramClock, TransactionId>>;

void check_first(const CompletionCalendar& calendar, const Sorted& expected) {
  REQUIRE(calendar.first() ==
          (expected.empty() ? CompletionCalendar::kNever : expected.begin()->first));
}

/// Pops the first entry from both, which must give the same; false if there is none up to `last`.
bool pop_one(CompletionCalendar& calendar, Sorted& expected, DramClock last) {
  const auto entry = calendar.pop(last);
  if (!entry) {
    REQUIRE((expected.empty() || expected.begin()->first > last));
  } else {
    REQUIRE_FALSE(expected.empty());
    REQUIRE(std::pair(entry->clock, entry->id) == *expected.begin());
    expected.erase(expected.begin());
  }
  check_first(calendar, expected);
  return entry.has_value();
}

/// Pops everything up to `last`.
void pop_all(CompletionCalendar& calendar, Sorted& expected, DramClock last) {
  while (pop_one(calendar, expected, last)) {
  }
}

TEST_CASE("Transactions of one clock are handed out by id, however they were added") {
  CompletionCalendar calendar;
  for (const TransactionId id : {5, 2, 9, 3}) calendar.add(id, 7);
  Sorted expected{{7, 2}, {7, 3}, {7, 5}, {7, 9}};
  REQUIRE_FALSE(calendar.pop(6));
  REQUIRE(calendar.first() == 7);
  pop_all(calendar, expected, 7);
}

TEST_CASE("A clock that is half read stays the first whatever is added after it") {
  CompletionCalendar calendar;
  for (const TransactionId id : {5, 2, 9}) calendar.add(id, 7);
  Sorted expected{{7, 2}, {7, 5}, {7, 9}};
  REQUIRE(pop_one(calendar, expected, 7));
  for (const DramClock later : {71, 8}) {  // 71 shares the page of 7
    calendar.add(later, later);
    expected.emplace(later, later);
    check_first(calendar, expected);
  }
  pop_all(calendar, expected, 71);
}

TEST_CASE("Clocks that share a page of the calendar are kept apart") {
  CompletionCalendar calendar;
  for (const DramClock clock : {1000, 1064, 1128, 1000 + 64 * 1000}) calendar.add(clock, clock);
  Sorted expected{{1000, 1000}, {1064, 1064}, {1128, 1128}, {65000, 65000}};
  for (const DramClock last : {999, 1000, 1063, 1064, 1127, 1128, 64999, 65000}) {
    pop_all(calendar, expected, last);
  }
}

TEST_CASE("The calendar hands out random completions in the order of a sorted set") {
  constexpr unsigned kSeed = 7;
  CAPTURE(kSeed);
  std::mt19937 rng(kSeed);
  for (const unsigned spread : {3U, 60U, 64U, 65U, 500U, 50'000U}) {
    CAPTURE(spread);
    CompletionCalendar calendar;
    Sorted expected;
    DramClock now = 0;
    for (int step = 0; step < 2000; ++step) {
      for (unsigned n = rng() % 4; n > 0; --n) {
        const auto id = static_cast<TransactionId>(rng() % 1'000'000);
        const DramClock clock = now + 1 + static_cast<DramClock>(rng() % spread);
        if (expected.emplace(clock, id).second) calendar.add(id, clock);
      }
      now += static_cast<DramClock>(rng() % (rng() % 50 == 0 ? 3 * spread : 3));
      // Everything, nothing, or a few, which may leave a clock half read.
      if (const unsigned choice = rng() % 4; choice == 0) {
        for (unsigned n = rng() % 4; n > 0; --n) pop_one(calendar, expected, now);
      } else if (choice > 1) {
        pop_all(calendar, expected, now);
      }
      check_first(calendar, expected);
    }
    pop_all(calendar, expected, now + spread);
  }
}

}  // namespace
}  // namespace nibble
