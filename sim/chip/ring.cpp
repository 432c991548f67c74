#include "sim/chip/ring.h"

#include <algorithm>

namespace nibble {

Ring::Ring(int cores, const RingConfig& config) : stops_(cores + 1), config_(config) { reset(); }

void Ring::reset() {
  for (std::vector<Cycles>& links : free_) links.assign(static_cast<std::size_t>(stops_), 0);
}

Ring::Reach Ring::reach(int from, const std::vector<int>& to) const {
  Reach reach;
  for (const int stop : to) {
    const int clockwise = (stop - from + stops_) % stops_;
    const int counter = stops_ - clockwise;
    if (clockwise <= counter) {
      reach.clockwise = std::max(reach.clockwise, clockwise);
    } else {
      reach.counter = std::max(reach.counter, counter);
    }
  }
  return reach;
}

std::int64_t Ring::hops(int from, const std::vector<int>& to) const {
  const Reach both = reach(from, to);
  return both.clockwise + both.counter;
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

Cycles Ring::transfer(Cycles now, int from, const std::vector<int>& to, Bytes bytes) {
  const Reach both = reach(from, to);
  const Cycles length = ceil_div(bytes, config_.bytes_per_cycle);
  Cycles arrival = now;
  if (both.clockwise > 0) arrival = std::max(arrival, train(now, from, both.clockwise, 0, length));
  if (both.counter > 0) arrival = std::max(arrival, train(now, from, both.counter, 1, length));
  return arrival;
}

}  // namespace nibble
