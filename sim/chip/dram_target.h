// The DRAM system behind a TLM-2.0 target socket: one transaction a DMA descriptor. Fed by the DMA
// initiators of the chip; any other loosely timed TLM memory model can stand in its place.
// Timing: b_transport returns when the transaction is complete (see WriteCompletion), at an exact
// picosecond; a read of an idle bank takes tRCD + CL + burst after the next DRAM clock edge.
// Back-pressure: none at the socket; any number of threads may be inside b_transport at once, and
// what does not fit into the controller's queues waits in order of arrival.
// Throughput: that of sim/dram's channels. No values move: data pointers are neither read nor
// written, so they may be null. Byte enables are refused, streaming needs the whole length.
#pragma once

#include <memory>
#include <systemc>
#include <vector>

#include <tlm_utils/simple_target_socket.h>

#include "sim/dram/dram_system.h"

namespace nibble {

class DramTarget : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<DramTarget> socket;

  /// The kernel's time resolution must be 1 ps (SystemC's default).
  DramTarget(const sc_core::sc_module_name& name, const DramConfig& config);

  /// Blocks the calling thread until the memory is in its canonical state (DramSystem::fence) at a
  /// common edge of the DRAM clock and of a clock of `period`. Every transaction begun before
  /// completes meanwhile; one begun during the fence waits for its end. One fence at a time.
  void fence(const sc_core::sc_time& period);

  [[nodiscard]] const DramConfig& config() const { return system_.config(); }
  /// Counts of all decisions before now.
  [[nodiscard]] DramStatistics statistics();

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  [[nodiscard]] tlm::tlm_response_status check(const tlm::tlm_generic_payload& payload) const;
  void wake();
  void deliver();
  void schedule_wake();
  [[nodiscard]] static Picoseconds now_ps();

  /// One waiting b_transport; slots are reused, so that a run creates few events.
  struct Waiter {
    sc_core::sc_event done;
    TransactionId id = -1;
  };
  [[nodiscard]] Waiter& free_waiter(TransactionId id);

  DramSystem system_;
  std::vector<std::unique_ptr<Waiter>> waiters_;
  sc_core::sc_event wake_event_, fence_end_event_;
  bool fencing_ = false;
};

}  // namespace nibble
