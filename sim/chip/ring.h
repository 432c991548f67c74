// The ring between a chip's cores and its memory: two counter-rotating sets of links, one stop a
// core and one or several for the memory, spread evenly between the cores. A transfer takes a path
// of links at once, as a train that needs the same cycles on every link, one hop later on each. Fed
// by the DMA and ring units. Timing: the last byte arrives ceil(bytes / bytes_per_cycle) + hops x
// hop_cycles after the train starts, at the first cycle in which it finds every link of its path
// free. Back-pressure: trains are served in the order in which they are offered; gaps are not
// filled later. Throughput: each link bytes_per_cycle.
//
// ASSUMED: behind the memory's stops lies a crossbar to all DRAM channels that is free of conflicts
// and copies a multicast to several stops, so that a core uses the stop nearest to it whatever the
// address; chips that publish more than one such stop do not say how they are joined.
#pragma once

#include <vector>

#include "sim/command/program.h"
#include "sim/config/chip_config.h"

namespace nibble {

/// From one stop to others.
struct RingRoute {
  int from = 0;
  std::vector<int> to;
};

class Ring {
 public:
  Ring(int cores, const RingConfig& config);

  [[nodiscard]] int stop_of_core(int core) const;
  /// Of the memory's stops the one with the fewest hops to the core; a tie goes clockwise from the
  /// memory.
  [[nodiscard]] int memory_stop_of_core(int core) const;

  /// The ways of a DMA or ring transfer: a load goes to each receiver from its own memory stop, so
  /// that one route leaves every stop that has receivers.
  [[nodiscard]] std::vector<RingRoute> routes_of(const Command& command) const;

  /// Sends `bytes` along all routes from cycle `now` on; returns the cycle in which the last
  /// receiver has its last byte. Multicast: a train leaves copies at the stops it passes, in each
  /// direction as far as the receivers that are nearer that way (a tie goes clockwise).
  Cycles transfer(Cycles now, const std::vector<RingRoute>& routes, Bytes bytes);

  /// Links that such a transfer occupies: what its energy is counted by.
  [[nodiscard]] std::int64_t hops(const std::vector<RingRoute>& routes) const;
  /// Links over which it leaves where it comes from: at most two a route.
  [[nodiscard]] std::int64_t trains(const std::vector<RingRoute>& routes) const;

  /// Links that leave the memory's stops on the way to some core: one or two a stop, as its cores
  /// lie on one side of it or on both. On a ring of several cores as many enter the stops.
  [[nodiscard]] std::int64_t memory_links() const;

  /// Every link is free from cycle 0 on.
  void reset();

 private:
  struct Reach {
    int clockwise = 0, counter = 0;  // hops in each direction
  };
  [[nodiscard]] Reach reach(const RingRoute& route) const;
  Cycles train(Cycles now, int from, int hops, int direction, Cycles length);

  RingConfig config_;
  int stops_;
  std::vector<int> stop_of_core_, memory_stop_of_core_;
  std::vector<Cycles> free_[2];  // by direction and the stop that a link leaves
};

}  // namespace nibble
