// The ring against a model that marks every cycle of every link, and at the edges of one hop.
#include "sim/chip/ring.h"

#include <map>
#include <set>

#include <catch2/catch.hpp>

#include "tests/sim/support/pick.h"

extern "C" int sc_main(int /*argc*/, char** /*argv*/) { return 0; }

namespace nibble {
namespace {

using namespace test;

/// Marks which cycles each link carries bytes in, and tries starting cycles one after the other.
class MarkedRing {
 public:
  MarkedRing(int cores, const RingConfig& config) : stops_(cores + 1), config_(config) {}

  Cycles transfer(Cycles now, int from, const std::vector<int>& to, Bytes bytes) {
    std::vector<int> right, left;  // links of the two trains, by the stop that each leaves
    for (const int stop : to) {
      int clockwise = 0, counter = 0;
      for (int at = from; at != stop; at = (at + 1) % stops_) ++clockwise;
      for (int at = from; at != stop; at = (at + stops_ - 1) % stops_) ++counter;
      std::vector<int>& links = clockwise <= counter ? right : left;
      const int hops = std::min(clockwise, counter);
      while (static_cast<int>(links.size()) < hops) {
        const int hop = static_cast<int>(links.size());
        links.push_back(clockwise <= counter ? (from + hop) % stops_
                                             : (from + stops_ - hop) % stops_ + stops_);
      }
    }
    Cycles arrival = now;
    for (const auto* links : {&right, &left}) {
      if (!links->empty()) arrival = std::max(arrival, send(now, *links, bytes));
    }
    return arrival;
  }

 private:
  Cycles send(Cycles now, const std::vector<int>& links, Bytes bytes) {
    Cycles length = 0;
    for (Bytes sent = 0; sent < bytes; sent += config_.bytes_per_cycle) ++length;
    for (Cycles start = now;; ++start) {
      bool free = true;
      Cycles at = start;
      for (const int link : links) {
        // Not in a gap that was left before an earlier train.
        const std::set<Cycles>& taken = taken_[link];
        free &= taken.empty() || *taken.rbegin() < at;
        at += config_.hop_cycles;
      }
      if (!free) continue;
      at = start;
      for (const int link : links) {
        for (Cycles cycle = at; cycle < at + length; ++cycle) taken_[link].insert(cycle);
        at += config_.hop_cycles;
      }
      return at + length;
    }
  }

  int stops_;
  RingConfig config_;
  std::map<int, std::set<Cycles>> taken_;
};

}  // namespace

TEST_CASE("The last byte arrives when all bytes have passed and the train has made its hops") {
  for (const Cycles hop : {0, 1, 4}) {
    for (const Bytes bytes : {1, 31, 32, 33, 64, 65}) {
      INFO(bytes << " bytes, " << hop << " cycles a hop");
      Ring ring(5, {32, hop});
      CHECK(ring.transfer(7, 1, {2}, bytes) == 7 + hop + (bytes + 31) / 32);
      ring.reset();
      CHECK(ring.transfer(7, 1, {3}, bytes) == 7 + 2 * hop + (bytes + 31) / 32);
    }
  }
}

TEST_CASE("A train takes the shorter way, a tie clockwise") {
  const Ring ring(5, {32, 1});  // six stops, the memory's is the last
  CHECK(ring.memory_stop() == 5);
  CHECK(ring.hops(0, {1}) == 1);
  CHECK(ring.hops(0, {5}) == 1);
  CHECK(ring.hops(0, {4}) == 2);
  CHECK(ring.hops(0, {3}) == 3);
  CHECK(ring.hops(0, {1, 2, 3}) == 3);  // passes by the first two
  CHECK(ring.hops(0, {1, 5}) == 2);     // both ways
  CHECK(ring.hops(0, {0, 1, 2, 3, 4, 5}) == 5);
  Ring tie(5, {32, 1});
  (void)tie.transfer(0, 0, {3}, 3200);                // clockwise, over links 0, 1 and 2
  CHECK(tie.transfer(0, 0, {1}, 32) == 100 + 1 + 1);  // has to wait
  CHECK(tie.transfer(0, 0, {5}, 32) == 1 + 1);        // the other way is free
}

TEST_CASE("A link that is busy delays a train by exactly as long as it is") {
  for (const Bytes first : {32, 320}) {
    for (const Cycles later : {0, 1, 9, 10, 11}) {
      INFO(first << " bytes before, " << later << " cycles later");
      Ring ring(3, {32, 2});
      (void)ring.transfer(0, 0, {1}, first);
      const Cycles start = std::max(later, first / 32);
      CHECK(ring.transfer(later, 0, {1}, 64) == start + 2 + 2);
    }
  }
}

TEST_CASE("Trains that only cross at a stop do not hinder each other") {
  Ring ring(5, {32, 1});
  const Cycles alone = ring.transfer(0, 0, {1}, 3200);
  CHECK(ring.transfer(0, 1, {2}, 3200) == alone);
  CHECK(ring.transfer(0, 1, {0}, 3200) == alone);  // the counter-rotating link
  CHECK(ring.transfer(0, 3, {2}, 3200) == alone);
}

TEST_CASE("A multicast occupies a link once, however many it serves") {
  Ring one(7, {32, 1}), many(7, {32, 1});
  CHECK(one.transfer(0, 0, {4}, 3200) == many.transfer(0, 0, {1, 2, 3, 4}, 3200));
  CHECK(one.transfer(0, 2, {3}, 32) == many.transfer(0, 2, {3}, 32));
}

TEST_CASE("Random transfers take the cycles that a ring of marked cycles gives them") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const int cores = static_cast<int>(pick(random, 1, 9));
    const RingConfig config{pick_of<Bytes>(random, {1, 7, 32}), pick(random, 0, 3)};
    Ring ring(cores, config);
    MarkedRing marked(cores, config);
    Cycles now = 0;
    for (int i = 0; i < 40; ++i) {
      now += pick_of<Cycles>(random, {0, 0, 1, 5, 20});
      const int from = static_cast<int>(pick(random, 0, cores));
      std::vector<int> to;
      for (int stop = 0; stop <= cores; ++stop) {
        if (stop != from && one_in(random, 3)) to.push_back(stop);
      }
      const Bytes bytes = pick(random, 1, 100);
      CHECK(ring.transfer(now, from, to, bytes) == marked.transfer(now, from, to, bytes));
    }
  }
}

}  // namespace nibble
