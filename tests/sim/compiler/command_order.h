// Which command has surely ended before another begins, from tokens, fences and the units' order
// alone. Compute units run one command at a time; a DMA's transfers begin and end in order but
// overlap.
#pragma once

#include <array>
#include <vector>

#include "sim/command/program.h"

namespace nibble::test {

class CommandOrder {
 public:
  /// Tokens that point forwards are ignored: see has_forward_token.
  explicit CommandOrder(const Program& program);

  /// `earlier` ends before `later` begins, whatever the durations.
  [[nodiscard]] bool ends_before(std::uint32_t earlier, std::uint32_t later) const {
    const auto unit = static_cast<std::size_t>(program_.commands[earlier].unit);
    return at_begin_[later][unit] >= static_cast<std::int64_t>(earlier);
  }

 private:
  /// By unit, the last command that has surely ended.
  using Ended = std::array<std::int64_t, kUnits>;

  const Program& program_;
  std::vector<Ended> at_begin_;
};

/// Each token must point backwards.
[[nodiscard]] bool has_forward_token(const Program& program);

}  // namespace nibble::test
