// One direction of the DMA: cuts a transfer into descriptors and keeps several transactions under
// way. Timing: a descriptor completes when the DRAM answers, not before the scratchpad port has
// moved its bytes, rounded up to a clock edge. Transfers complete in order. Back-pressure: at most
// `outstanding` transactions. Throughput: the port's bytes a cycle.
#pragma once

#include <deque>
#include <systemc>

#include <tlm_utils/simple_initiator_socket.h>

#include "sim/chip/compute_unit.h"

namespace nibble {

/// The chip's one port to memory; both directions and all their transactions share it.
using MemoryPort = tlm_utils::simple_initiator_socket<sc_core::sc_module>;

class DmaUnit : public sc_core::sc_module {
 public:
  CommandQueue queue;

  DmaUnit(const sc_core::sc_module_name& name, ChipContext& context, MemoryPort& memory,
          tlm::tlm_command direction);

 private:
  struct Transfer {
    std::uint32_t command = 0;
    std::int64_t descriptors_left = 0;
  };
  struct Descriptor {
    std::uint64_t address = 0;
    Bytes bytes = 0;
    Transfer* transfer = nullptr;
  };

  void issue();
  void serve();
  void transact(const Descriptor& descriptor);
  void retire();
  void wait_for_clock_edge();

  ChipContext& context_;
  MemoryPort& memory_;
  tlm::tlm_command direction_;
  std::deque<Transfer> transfers_;      // under way, in order
  std::deque<Descriptor> descriptors_;  // not yet taken by a serving thread
  sc_core::sc_event offered_, taken_;
  sc_core::sc_time port_free_;
};

}  // namespace nibble
