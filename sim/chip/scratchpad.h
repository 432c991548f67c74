// The cores' scratchpads as the units see them. Bandwidth is reserved by the chip's configuration
// (the banks feed every stream at once), so no access waits here; what it does is refuse two
// commands that use the same bytes at the same time when one of them writes: a missing token, seen
// where the simulated times let the two meet.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/command/program.h"

namespace nibble {

class Scratchpad {
 public:
  Scratchpad(int cores, Bytes bytes) : bytes_(bytes), uses_(static_cast<std::size_t>(cores)) {}

  /// The program whose commands come next.
  void open(const Program& program) { program_ = &program; }

  /// `command` begins to use its ranges. Throws std::logic_error on an overlap or a bad address.
  void acquire(std::uint32_t command);
  void release(std::uint32_t command);

 private:
  struct Use {
    std::uint32_t command = 0;
    ScratchpadRange range;
  };
  void check(std::uint32_t command, const ScratchpadRange& range) const;

  const Program* program_ = nullptr;
  Bytes bytes_;
  std::vector<std::vector<Use>> uses_;  // under way, by core
};

}  // namespace nibble
