// The in-order queue between the sequencer and one unit.
// Timing: a command pushed at t can be taken at t. Back-pressure: push blocks while `entries`
// commands wait; the one being executed is not among them.
#pragma once

#include <cstdint>
#include <deque>
#include <systemc>

namespace nibble {

class CommandQueue {
 public:
  explicit CommandQueue(int entries) : entries_(static_cast<std::size_t>(entries)) {}

  void push(std::uint32_t command) {
    while (commands_.size() >= entries_) sc_core::wait(taken_);
    commands_.push_back(command);
    pushed_.notify(sc_core::SC_ZERO_TIME);
  }
  std::uint32_t take() {
    while (commands_.empty()) sc_core::wait(pushed_);
    const std::uint32_t command = commands_.front();
    commands_.pop_front();
    taken_.notify(sc_core::SC_ZERO_TIME);
    return command;
  }

 private:
  std::size_t entries_;
  std::deque<std::uint32_t> commands_;
  sc_core::sc_event pushed_, taken_;
};

}  // namespace nibble
