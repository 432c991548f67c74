#include "tests/sim/compiler/command_order.h"

#include <algorithm>

namespace nibble::test {
namespace {

template <typename Ended>
void merge(Ended& into, const Ended& other) {
  for (std::size_t unit = 0; unit < into.size(); ++unit) {
    into[unit] = std::max(into[unit], other[unit]);
  }
}

}  // namespace

CommandOrder::CommandOrder(const Program& program)
    : program_(program), at_begin_(program.commands.size()) {
  const Ended none(static_cast<std::size_t>(program.cores) * kUnits, -1);
  Ended at_fence = none;
  std::vector<Ended> at_end(program.commands.size(), none);
  Ended before = none;  // the command before in each unit
  for (std::uint32_t i = 0; i < program.commands.size(); ++i) {
    const Command& command = program.commands[i];
    const std::size_t unit = unit_of(i);
    Ended& ended = at_begin_[i];
    ended = at_fence;
    if (command.unit == Unit::sequencer) {
      std::fill(ended.begin(), ended.end(), std::int64_t{i} - 1);
      std::fill(at_fence.begin(), at_fence.end(), i);
    }
    for (const std::uint32_t token : command.waits) {
      if (token < i) merge(ended, at_end[token]);
    }
    at_end[i] = none;
    if (before[unit] >= 0) {
      const auto previous = static_cast<std::size_t>(before[unit]);
      const bool overlaps = command.unit == Unit::dma_load || command.unit == Unit::dma_store;
      merge(ended, overlaps ? at_begin_[previous] : at_end[previous]);
      at_end[i] = at_end[previous];  // units complete in order
    }
    merge(at_end[i], ended);
    at_end[i][unit] = i;
    before[unit] = i;
  }
}

bool has_forward_token(const Program& program) {
  for (std::size_t i = 0; i < program.commands.size(); ++i) {
    for (const std::uint32_t token : program.commands[i].waits) {
      if (token >= i) return true;
    }
  }
  return false;
}

}  // namespace nibble::test
