// Which commands have completed: the token store of the chip. A unit that completes a command puts
// its tokens here; a unit whose next command still misses one waits on the unit that owes it.
// Timing: a token put at time t is seen at t (one delta later). No back-pressure.
#pragma once

#include <array>
#include <systemc>
#include <vector>

#include "sim/chip/chip_run.h"

namespace nibble {

class CompletionBoard {
 public:
  CompletionBoard(const Program& program, ChipRun& run)
      : program_(program), run_(run), done_(program.commands.size(), false) {}

  void begin(std::uint32_t command, Cycles now) { run_.commands[command].begin = now; }

  void complete(std::uint32_t command, Cycles now) {
    run_.commands[command].end = now;
    done_[command] = true;
    ++completed_;
    event_of(command).notify(sc_core::SC_ZERO_TIME);
    any_.notify(sc_core::SC_ZERO_TIME);
  }

  /// Blocks the calling thread until every token of `command` is there.
  void wait_for_tokens(std::uint32_t command) {
    for (const std::uint32_t needed : program_.commands[command].waits) {
      while (!done_[needed]) sc_core::wait(event_of(needed));
    }
  }
  /// Blocks the calling thread until the first `count` commands are complete.
  void wait_for_all(std::uint32_t count) {
    while (completed_ < count) sc_core::wait(any_);
  }

  [[nodiscard]] bool done(std::uint32_t command) const { return done_[command]; }
  [[nodiscard]] std::size_t completed() const { return completed_; }

 private:
  sc_core::sc_event& event_of(std::uint32_t command) {
    return events_[static_cast<std::size_t>(program_.commands[command].unit)];
  }

  const Program& program_;
  ChipRun& run_;
  std::vector<bool> done_;
  std::size_t completed_ = 0;
  std::array<sc_core::sc_event, kUnits> events_;
  sc_core::sc_event any_;
};

}  // namespace nibble
