// The ring between a chip's cores and its memory controller: two counter-rotating sets of links,
// one stop a core and a last one for the memory. A transfer takes a path of links at once, as a
// train that needs the same cycles on every link, one hop later on each. Fed by the DMA and ring
// units. Timing: the last byte arrives ceil(bytes / bytes_per_cycle) + hops x hop_cycles after the
// train starts, at the first cycle in which it finds every link of its path free. Back-pressure:
// trains are served in the order in which they are offered; gaps are not filled later. Throughput:
// each link bytes_per_cycle.
#pragma once

#include <vector>

#include "sim/config/chip_config.h"

namespace nibble {

class Ring {
 public:
  Ring(int cores, const RingConfig& config);

  /// The stop of the memory controller.
  [[nodiscard]] int memory_stop() const { return stops_ - 1; }

  /// Sends `bytes` from one stop to others, from cycle `now` on; returns the cycle in which the
  /// last receiver has its last byte. Multicast: the train leaves copies at the stops it passes, in
  /// each direction as far as the receivers that are nearer that way (a tie goes clockwise).
  Cycles transfer(Cycles now, int from, const std::vector<int>& to, Bytes bytes);

  /// Links that such a transfer occupies: what its energy is counted by.
  [[nodiscard]] std::int64_t hops(int from, const std::vector<int>& to) const;

  /// Every link is free from cycle 0 on.
  void reset();

 private:
  struct Reach {
    int clockwise = 0, counter = 0;  // hops in each direction
  };
  [[nodiscard]] Reach reach(int from, const std::vector<int>& to) const;
  Cycles train(Cycles now, int from, int hops, int direction, Cycles length);

  int stops_;
  RingConfig config_;
  std::vector<Cycles> free_[2];  // by direction and the stop that a link leaves
};

}  // namespace nibble
