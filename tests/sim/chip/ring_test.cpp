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
  MarkedRing(int cores, const RingConfig& config)
      : stops_(cores + config.memory_stops), config_(config) {}

  Cycles transfer(Cycles now, const std::vector<RingRoute>& routes, Bytes bytes) {
    Cycles arrival = now;
    for (const RingRoute& route : routes) {
      arrival = std::max(arrival, transfer(now, route.from, route.to, bytes));
    }
    return arrival;
  }
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

/// A ring of one memory stop has core c at stop c and the memory behind the last core.
std::vector<RingRoute> way(int from, const std::vector<int>& to) { return {{from, to}}; }

Command load_of(const std::vector<int>& cores) {
  Command command;
  command.unit = Unit::dma_load;
  command.body = DmaTransfer{};
  for (const int core : cores) command.scratchpad.push_back({0, 64, true, core});
  return command;
}

Command store_of(int core) {
  Command command;
  command.unit = Unit::dma_store;
  command.core = core;
  command.body = DmaTransfer{};
  command.scratchpad.push_back({0, 64, false, core});
  return command;
}

Command copy_of(int from, const std::vector<int>& cores) {
  Command command = load_of(cores);
  command.unit = Unit::ring;
  command.body = RingTransfer{from, 64};
  command.scratchpad.push_back({0, 64, false, from});
  return command;
}

/// The stops in order: cores by their number, the memory's as -1.
std::vector<int> layout(const Ring& ring, int cores, int memory_stops) {
  std::vector<int> stops(static_cast<std::size_t>(cores + memory_stops), -1);
  for (int core = 0; core < cores; ++core) {
    stops.at(static_cast<std::size_t>(ring.stop_of_core(core))) = core;
  }
  return stops;
}

}  // namespace

TEST_CASE("The last byte arrives when all bytes have passed and the train has made its hops") {
  for (const Cycles hop : {0, 1, 4}) {
    for (const Bytes bytes : {1, 31, 32, 33, 64, 65}) {
      INFO(bytes << " bytes, " << hop << " cycles a hop");
      Ring ring(5, {32, hop});
      CHECK(ring.transfer(7, way(1, {2}), bytes) == 7 + hop + (bytes + 31) / 32);
      ring.reset();
      CHECK(ring.transfer(7, way(1, {3}), bytes) == 7 + 2 * hop + (bytes + 31) / 32);
    }
  }
}

TEST_CASE("A train takes the shorter way, a tie clockwise") {
  const Ring ring(5, {32, 1});  // six stops, the memory's is the last
  CHECK(ring.memory_stop_of_core(0) == 5);
  CHECK(ring.memory_stop_of_core(4) == 5);
  CHECK(ring.hops(way(0, {1})) == 1);
  CHECK(ring.hops(way(0, {5})) == 1);
  CHECK(ring.hops(way(0, {4})) == 2);
  CHECK(ring.hops(way(0, {3})) == 3);
  CHECK(ring.hops(way(0, {1, 2, 3})) == 3);  // passes by the first two
  CHECK(ring.hops(way(0, {1, 5})) == 2);     // both ways
  CHECK(ring.hops(way(0, {0, 1, 2, 3, 4, 5})) == 5);
  Ring tie(5, {32, 1});
  (void)tie.transfer(0, way(0, {3}), 3200);                // clockwise, over links 0, 1 and 2
  CHECK(tie.transfer(0, way(0, {1}), 32) == 100 + 1 + 1);  // has to wait
  CHECK(tie.transfer(0, way(0, {5}), 32) == 1 + 1);        // the other way is free
}

TEST_CASE("A link that is busy delays a train by exactly as long as it is") {
  for (const Bytes first : {32, 320}) {
    for (const Cycles later : {0, 1, 9, 10, 11}) {
      INFO(first << " bytes before, " << later << " cycles later");
      Ring ring(3, {32, 2});
      (void)ring.transfer(0, way(0, {1}), first);
      const Cycles start = std::max(later, first / 32);
      CHECK(ring.transfer(later, way(0, {1}), 64) == start + 2 + 2);
    }
  }
}

TEST_CASE("Trains that only cross at a stop do not hinder each other") {
  Ring ring(5, {32, 1});
  const Cycles alone = ring.transfer(0, way(0, {1}), 3200);
  CHECK(ring.transfer(0, way(1, {2}), 3200) == alone);
  CHECK(ring.transfer(0, way(1, {0}), 3200) == alone);  // the counter-rotating link
  CHECK(ring.transfer(0, way(3, {2}), 3200) == alone);
}

TEST_CASE("A multicast occupies a link once, however many it serves") {
  Ring one(7, {32, 1}), many(7, {32, 1});
  CHECK(one.transfer(0, way(0, {4}), 3200) == many.transfer(0, way(0, {1, 2, 3, 4}), 3200));
  CHECK(one.transfer(0, way(2, {3}), 32) == many.transfer(0, way(2, {3}), 32));
}

TEST_CASE("The memory's stops are spread evenly between the cores") {
  const auto of = [](int cores, int memory_stops) {
    return layout(Ring(cores, {32, 1, memory_stops}), cores, memory_stops);
  };
  CHECK(of(4, 1) == std::vector{0, 1, 2, 3, -1});
  CHECK(of(4, 2) == std::vector{0, 1, -1, 2, 3, -1});
  CHECK(of(3, 3) == std::vector{0, -1, 1, -1, 2, -1});
  CHECK(of(5, 2) == std::vector{0, 1, -1, 2, 3, 4, -1});
  CHECK(of(5, 3) == std::vector{0, -1, 1, 2, -1, 3, 4, -1});
  for (int cores = 1; cores <= 40; ++cores) {
    for (int memory_stops = 1; memory_stops <= cores; ++memory_stops) {
      INFO(cores << " cores, " << memory_stops << " memory stops");
      // Cores between neighbouring memory stops differ by one at most.
      std::set<int> gaps;
      int gap = 0, found = 0;
      for (const int stop : of(cores, memory_stops)) {
        ++gap;
        if (stop >= 0) continue;
        gaps.insert(gap - 1);
        gap = 0;
        ++found;
      }
      CHECK(gap == 0);  // the last stop is the memory's
      CHECK(found == memory_stops);
      CHECK(*gaps.rbegin() - *gaps.begin() <= 1);
    }
  }
}

TEST_CASE(
    "A core's loads come from the memory stop with the fewest hops, and its stores go there") {
  for (int cores = 1; cores <= 12; ++cores) {
    for (int memory_stops = 1; memory_stops <= cores; ++memory_stops) {
      const Ring ring(cores, {32, 1, memory_stops});
      const std::vector<int> stops = layout(ring, cores, memory_stops);
      const auto count = static_cast<int>(stops.size());
      for (int core = 0; core < cores; ++core) {
        INFO("core " << core << " of " << cores << ", " << memory_stops << " memory stops");
        // Steps outward, first to the stop from which clockwise trains come.
        int hops = 0, nearest = -1;
        while (nearest < 0) {
          ++hops;
          const int here = ring.stop_of_core(core);
          for (const int step : {count - hops, hops}) {
            const int stop = (here + step) % count;
            if (nearest < 0 && stops[static_cast<std::size_t>(stop)] < 0) nearest = stop;
          }
        }
        CHECK(ring.memory_stop_of_core(core) == nearest);
        CHECK(ring.hops(ring.routes_of(load_of({core}))) == hops);
        CHECK(ring.hops(ring.routes_of(store_of(core))) == hops);
        CHECK(ring.trains(ring.routes_of(store_of(core))) == 1);
      }
    }
  }
}

TEST_CASE("A multicast load leaves every memory stop that has receivers, once each way") {
  const Ring ring(8, {32, 1, 2});  // 0 1 2 3 m 4 5 6 7 m
  const auto routes = [&](const Command& command) { return ring.routes_of(command); };
  CHECK(ring.hops(routes(load_of({0, 1}))) == 2);  // one train from the last stop
  CHECK(ring.trains(routes(load_of({0, 1}))) == 1);
  CHECK(ring.hops(routes(load_of({1, 2}))) == 2 + 2);  // a train from each stop
  CHECK(ring.trains(routes(load_of({1, 2}))) == 2);
  CHECK(ring.hops(routes(load_of({0, 1, 2, 3, 4, 5, 6, 7}))) == 8);
  CHECK(ring.trains(routes(load_of({0, 1, 2, 3, 4, 5, 6, 7}))) == 4);
  // From core to core the memory's stops are passed by.
  CHECK(ring.hops(routes(copy_of(3, {4}))) == 2);
  CHECK(ring.hops(routes(copy_of(0, {1, 7}))) == 1 + 2);
}

TEST_CASE("Each memory stop brings what two links carry") {
  for (const int memory_stops : {1, 2, 4, 8}) {
    INFO(memory_stops << " memory stops");
    Ring ring(16, {32, 1, memory_stops});
    Cycles last = 0;
    for (int core = 0; core < 16; ++core) {
      last = std::max(last, ring.transfer(0, ring.routes_of(load_of({core})), 3200));
    }
    // 100 cycles a load, one after the other on each of the two links, and at most 8 hops.
    const Cycles busy = 16 / (2 * memory_stops) * 100;
    CHECK(last > busy);
    CHECK(last <= busy + 8);
  }
}

TEST_CASE("Random transfers take the cycles that a ring of marked cycles gives them") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const int cores = static_cast<int>(pick(random, 1, 9));
    const RingConfig config{pick_of<Bytes>(random, {1, 7, 32}), pick(random, 0, 3),
                            static_cast<int>(pick(random, 1, cores))};
    Ring ring(cores, config);
    MarkedRing marked(cores, config);
    Cycles now = 0;
    for (int i = 0; i < 40; ++i) {
      now += pick_of<Cycles>(random, {0, 0, 1, 5, 20});
      const int core = static_cast<int>(pick(random, 0, cores - 1));
      std::vector<int> others;
      for (int other = 0; other < cores; ++other) {
        if (other != core && one_in(random, 3)) others.push_back(other);
      }
      const Command command = pick_of<Command>(
          random, {store_of(core), load_of({core}), load_of(others), copy_of(core, others)});
      const std::vector<RingRoute> routes = ring.routes_of(command);
      const Bytes bytes = pick(random, 1, 100);
      CHECK(ring.transfer(now, routes, bytes) == marked.transfer(now, routes, bytes));
    }
  }
}

TEST_CASE("The memory's links are those that loads to some core leave, and stores enter, it by") {
  for (int cores = 2; cores <= 33; ++cores) {
    for (int memory_stops = 1; memory_stops <= cores; ++memory_stops) {
      INFO(cores << " cores, " << memory_stops << " memory stops");
      const Ring ring(cores, {1, 1, memory_stops});
      const int stops = cores + memory_stops;
      std::set<std::pair<int, bool>> out, in;  // memory stop, and whether clockwise
      for (int core = 0; core < cores; ++core) {
        const int memory = ring.memory_stop_of_core(core);
        const int load = (ring.stop_of_core(core) - memory + stops) % stops;
        out.emplace(memory, 2 * load <= stops);
        in.emplace(memory, 2 * (stops - load) <= stops);
      }
      CHECK(ring.memory_links() == static_cast<std::int64_t>(out.size()));
      CHECK(out.size() == in.size());
    }
  }
  CHECK(Ring(32, {1, 1, 4}).memory_links() == 8);
  CHECK(Ring(4, {1, 1, 4}).memory_links() == 4);  // each stop serves the core after it
  CHECK(Ring(3, {1, 1, 2}).memory_links() == 3);  // stops: 0 m 1 2 m
}

}  // namespace nibble
