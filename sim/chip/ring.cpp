#include "sim/chip/ring.h"

#include <algorithm>
#include <set>
#include <utility>

namespace nibble {

// The m-th of M memory stops follows core m x cores / M - 1, rounded down: the last one the last
// core.
Ring::Ring(int cores, const RingConfig& config)
    : config_(config), stops_(cores + config.memory_stops) {
  std::vector<int> memory_stops;
  for (int core = 0; core < cores; ++core) {
    const auto before = static_cast<int>(memory_stops.size());
    stop_of_core_.push_back(core + before);
    if ((before + 1) * cores / config.memory_stops == core + 1) {
      memory_stops.push_back(core + 1 + before);
    }
  }
  for (const int stop : stop_of_core_) {
    const auto distance = [&](int memory) {
      const Reach one_way = reach({memory, {stop}});
      return std::pair(one_way.clockwise + one_way.counter, one_way.counter);
    };
    memory_stop_of_core_.push_back(
        *std::min_element(memory_stops.begin(), memory_stops.end(),
                          [&](int a, int b) { return distance(a) < distance(b); }));
  }
  reset();
}

int Ring::stop_of_core(int core) const { return stop_of_core_[static_cast<std::size_t>(core)]; }

int Ring::memory_stop_of_core(int core) const {
  return memory_stop_of_core_[static_cast<std::size_t>(core)];
}

std::vector<RingRoute> Ring::routes_of(const Command& command) const {
  if (command.unit == Unit::dma_store) {
    return {{stop_of_core(command.core), {memory_stop_of_core(command.core)}}};
  }
  std::vector<RingRoute> routes;
  const auto* copy = std::get_if<RingTransfer>(&command.body);
  for (const int core : receivers_of(command)) {
    const int from = copy != nullptr ? stop_of_core(copy->from) : memory_stop_of_core(core);
    auto route = std::find_if(routes.begin(), routes.end(),
                              [&](const RingRoute& at) { return at.from == from; });
    if (route == routes.end()) route = routes.insert(route, {from, {}});
    route->to.push_back(stop_of_core(core));
  }
  return routes;
}

void Ring::reset() {
  for (std::vector<Cycles>& links : free_) links.assign(static_cast<std::size_t>(stops_), 0);
}

Ring::Reach Ring::reach(const RingRoute& route) const {
  Reach reach;
  for (const int stop : route.to) {
    const int clockwise = (stop - route.from + stops_) % stops_;
    const int counter = stops_ - clockwise;
    if (clockwise <= counter) {
      reach.clockwise = std::max(reach.clockwise, clockwise);
    } else {
      reach.counter = std::max(reach.counter, counter);
    }
  }
  return reach;
}

std::int64_t Ring::hops(const std::vector<RingRoute>& routes) const {
  std::int64_t hops = 0;
  for (const RingRoute& route : routes) {
    const Reach both = reach(route);
    hops += both.clockwise + both.counter;
  }
  return hops;
}

std::int64_t Ring::trains(const std::vector<RingRoute>& routes) const {
  std::int64_t trains = 0;
  for (const RingRoute& route : routes) {
    const Reach both = reach(route);
    trains += (both.clockwise > 0 ? 1 : 0) + (both.counter > 0 ? 1 : 0);
  }
  return trains;
}

std::int64_t Ring::memory_links() const {
  std::set<std::pair<int, bool>> links;  // stop and direction
  for (std::size_t core = 0; core < stop_of_core_.size(); ++core) {
    const int from = memory_stop_of_core_[core];
    links.emplace(from, reach({from, {stop_of_core_[core]}}).clockwise > 0);
  }
  return static_cast<std::int64_t>(links.size());
}

Cycles Ring::train(Cycles now, int from, int hops, int direction, Cycles length) {
  std::vector<Cycles>& free = free_[direction];
  const auto link = [&](int hop) -> Cycles& {
    const int stop = direction == 0 ? from + hop : from - hop + stops_;
    return free[static_cast<std::size_t>(stop % stops_)];
  };
  Cycles start = now;
  for (int hop = 0; hop < hops; ++hop) {
    start = std::max(start, link(hop) - hop * config_.hop_cycles);
  }
  for (int hop = 0; hop < hops; ++hop) link(hop) = start + hop * config_.hop_cycles + length;
  return start + hops * config_.hop_cycles + length;
}

Cycles Ring::transfer(Cycles now, const std::vector<RingRoute>& routes, Bytes bytes) {
  const Cycles length = ceil_div(bytes, config_.bytes_per_cycle);
  Cycles arrival = now;
  for (const RingRoute& route : routes) {
    const Reach both = reach(route);
    if (both.clockwise > 0) {
      arrival = std::max(arrival, train(now, route.from, both.clockwise, 0, length));
    }
    if (both.counter > 0) {
      arrival = std::max(arrival, train(now, route.from, both.counter, 1, length));
    }
  }
  return arrival;
}

}  // namespace nibble
