// What all units of a chip share, and the segment that is under way.
#pragma once

#include <systemc>

#include "sim/chip/completion_board.h"
#include "sim/chip/ring.h"
#include "sim/chip/scratchpad.h"

namespace nibble {

struct ChipContext {
  explicit ChipContext(const ChipConfig& chip)
      : config(chip),
        clock_period(static_cast<double>(chip.clock_period_ps), sc_core::SC_PS),
        board(chip.cores),
        scratchpad(chip.cores, chip.scratchpad.bytes),
        ring(chip.cores, chip.ring) {}

  const ChipConfig config;
  const sc_core::sc_time clock_period;
  CompletionBoard board;
  Scratchpad scratchpad;
  Ring ring;

  const Program* program = nullptr;
  sc_core::sc_time segment_begin;

  void open(const Program& of, Segment segment) {
    program = &of;
    segment_begin = sc_core::sc_time_stamp();
    board.open(of, segment);
    scratchpad.open(of);
    ring.reset();
  }
  [[nodiscard]] const Command& command(std::uint32_t index) const {
    return program->commands[index];
  }
  /// Whole cycles since the segment began.
  [[nodiscard]] Cycles now() const {
    return static_cast<Cycles>((sc_core::sc_time_stamp() - segment_begin).value() /
                               clock_period.value());
  }
};

}  // namespace nibble
