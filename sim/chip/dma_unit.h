// One direction of a core's DMA: cuts a transfer into descriptors and keeps several transactions
// under way. Timing: a descriptor completes when the DRAM answers, not before the scratchpad port
// has moved its bytes, rounded up to a clock edge; on a chip of several cores its bytes then cross
// the ring between the memory's stop and the core (those of a store before the DRAM sees them), to
// all receivers of a multicast at once.
// Transfers complete in order. Back-pressure: at most `outstanding` transactions. Throughput: the
// port's bytes a cycle. Simplified: the ports of a multicast's other receivers are not counted.
#pragma once

#include <deque>
#include <systemc>

#include <tlm_utils/simple_initiator_socket.h>

#include "sim/chip/chip_context.h"
#include "sim/chip/command_queue.h"

namespace nibble {

/// The chip's one port to memory; both directions and all their transactions share it.
using MemoryPort = tlm_utils::simple_initiator_socket<sc_core::sc_module>;

class DmaUnit : public sc_core::sc_module {
 public:
  CommandQueue queue;

  DmaUnit(const sc_core::sc_module_name& name, ChipContext& context, int core, MemoryPort& memory,
          tlm::tlm_command direction);

 private:
  struct Transfer {
    std::uint32_t command = 0;
    std::int64_t descriptors_left = 0;
    std::vector<RingRoute> routes;  // if it crosses the ring
  };
  struct Descriptor {
    std::uint64_t address = 0;
    Bytes bytes = 0;
    Transfer* transfer = nullptr;
  };

  void issue();
  void serve();
  void transact(const Descriptor& descriptor);
  void ask_memory(const Descriptor& descriptor);
  void cross_ring(const Descriptor& descriptor);
  void retire();
  void wait_for_clock_edge();

  ChipContext& context_;
  int core_;
  MemoryPort& memory_;
  tlm::tlm_command direction_;
  bool crosses_ring_;
  std::deque<Transfer> transfers_;      // under way, in order
  std::deque<Descriptor> descriptors_;  // not yet taken by a serving thread
  sc_core::sc_event offered_, taken_;
  sc_core::sc_time port_free_;
};

}  // namespace nibble
