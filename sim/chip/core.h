// One core: its units, their queues, and the sequencer's hand that deals its commands out.
// Timing: one command issued a cycle, in program order. Back-pressure: a full queue holds up all of
// the core's commands behind it. Throughput: one command a cycle.
#pragma once

#include <systemc>

#include "sim/chip/compute_unit.h"
#include "sim/chip/dma_unit.h"

namespace nibble {

/// Cycles of a command in one of the core's compute units.
using CommandDuration = std::function<Cycles(std::uint32_t command)>;

class Core : public sc_core::sc_module {
 public:
  Core(const sc_core::sc_module_name& name, int index, ChipContext& context, MemoryPort& memory,
       const CommandDuration& duration);

  /// Begins to deal out its commands of a segment.
  void start(Segment segment);

 private:
  void deal();
  [[nodiscard]] CommandQueue& queue_of(Unit unit);

  int index_;
  ChipContext& context_;
  DmaUnit dma_load_, dma_store_;
  ComputeUnit tile_, fp16_tile_, sfu_, ring_, link_;
  Segment segment_;
  bool requested_ = false;
  sc_core::sc_event started_;
};

}  // namespace nibble
