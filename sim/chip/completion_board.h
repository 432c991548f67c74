// Which commands of the segment under way have completed: the token store of the chip. A unit that
// completes a command puts its tokens here; a unit whose next command still misses one waits on the
// unit that owes it.
// Timing: a token put at time t is seen at t (one delta later). No back-pressure.
#pragma once

#include <systemc>
#include <vector>

#include "sim/chip/chip_run.h"

namespace nibble {

class CompletionBoard {
 public:
  explicit CompletionBoard(int cores) : events_(static_cast<std::size_t>(cores * kUnits)) {}

  /// Nothing is complete; commands are known by their index in the program.
  void open(const Program& program, Segment segment) {
    program_ = &program;
    segment_ = segment;
    const std::size_t commands = segment.end - segment.begin;
    done_.assign(commands, false);
    times_.assign(commands, {});
    completed_ = 0;
  }

  void begin(std::uint32_t command, Cycles now) { times_[command - segment_.begin].begin = now; }

  void complete(std::uint32_t command, Cycles now) {
    times_[command - segment_.begin].end = now;
    done_[command - segment_.begin] = true;
    ++completed_;
    event_of(command).notify(sc_core::SC_ZERO_TIME);
    any_.notify(sc_core::SC_ZERO_TIME);
  }

  /// Blocks the calling thread until every token of `command` is there.
  void wait_for_tokens(std::uint32_t command) {
    for (const std::uint32_t needed : program_->commands[command].waits) {
      while (!done(needed)) sc_core::wait(event_of(needed));
    }
  }
  /// Blocks the calling thread until the segment's first `count` commands are complete.
  void wait_for_all(std::size_t count) {
    while (completed_ < count) sc_core::wait(any_);
  }

  /// Commands before the segment are: a fence has seen to it.
  [[nodiscard]] bool done(std::uint32_t command) const {
    return command < segment_.begin || done_[command - segment_.begin];
  }
  [[nodiscard]] std::size_t completed() const { return completed_; }
  [[nodiscard]] std::vector<CommandTimes> take_times() { return std::move(times_); }

 private:
  sc_core::sc_event& event_of(std::uint32_t command) {
    const Command& at = program_->commands[command];
    return events_[static_cast<std::size_t>(at.core) * kUnits + static_cast<std::size_t>(at.unit)];
  }

  const Program* program_ = nullptr;
  Segment segment_;
  std::vector<bool> done_;
  std::vector<CommandTimes> times_;
  std::size_t completed_ = 0;
  std::vector<sc_core::sc_event> events_;
  sc_core::sc_event any_;
};

}  // namespace nibble
