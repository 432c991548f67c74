// A unit that executes one command at a time for a number of cycles known at its start: tile, FP16
// tile, SFU, ring and link. Timing: begins when the command heads the queue and its tokens are
// there, completes `cycles` later. Back-pressure: its queue. Throughput: one command at a time.
#pragma once

#include <functional>
#include <systemc>

#include "sim/chip/chip_context.h"
#include "sim/chip/command_queue.h"

namespace nibble {

class ComputeUnit : public sc_core::sc_module {
 public:
  CommandQueue queue;

  /// `duration` executes the command's values, if any, and returns its cycles.
  ComputeUnit(const sc_core::sc_module_name& name, ChipContext& context,
              std::function<Cycles(std::uint32_t command)> duration)
      : sc_module(name),
        queue(context.config.queue_entries),
        context_(context),
        duration_(std::move(duration)) {
    SC_HAS_PROCESS(ComputeUnit);
    SC_THREAD(run);
  }

 private:
  void run() {
    for (;;) {
      const std::uint32_t command = queue.take();
      context_.board.wait_for_tokens(command);
      context_.scratchpad.acquire(command);
      context_.board.begin(command, context_.now());
      const Cycles cycles = duration_(command);
      if (cycles > 0) wait(static_cast<double>(cycles) * context_.clock_period);
      context_.scratchpad.release(command);
      context_.board.complete(command, context_.now());
    }
  }

  ChipContext& context_;
  std::function<Cycles(std::uint32_t)> duration_;
};

}  // namespace nibble
