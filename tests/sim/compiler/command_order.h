// Which command has surely ended before another begins, from tokens, fences and the units' order
// alone. Compute units run one command at a time; a DMA's transfers begin and end in order but
// overlap.
#pragma once

#include <vector>

#include "sim/command/program.h"

namespace nibble::test {

class CommandOrder {
 public:
  /// Tokens that point forwards are ignored: see has_forward_token.
  explicit CommandOrder(const Program& program);

  /// `earlier` ends before `later` begins, whatever the durations.
  [[nodiscard]] bool ends_before(std::uint32_t earlier, std::uint32_t later) const {
    return at_begin_[later][unit_of(earlier)] >= static_cast<std::int64_t>(earlier);
  }
  /// Numbers the units of all cores.
  [[nodiscard]] std::size_t unit_of(std::uint32_t command) const {
    const Command& at = program_.commands[command];
    return static_cast<std::size_t>(at.core) * kUnits + static_cast<std::size_t>(at.unit);
  }

 private:
  /// By unit, the last command that has surely ended.
  using Ended = std::vector<std::int64_t>;

  const Program& program_;
  std::vector<Ended> at_begin_;
};

/// Each token must point backwards.
[[nodiscard]] bool has_forward_token(const Program& program);

}  // namespace nibble::test
