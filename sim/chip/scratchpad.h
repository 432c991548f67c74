// The scratchpad as the units see it. Bandwidth is reserved by the chip's configuration (its banks
// feed every stream at once), so no access waits here; what it does is refuse two commands that use
// the same bytes at the same time when one of them writes: a missing token, never a silent race.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/command/program.h"

namespace nibble {

class Scratchpad {
 public:
  Scratchpad(const Program& program, Bytes bytes) : program_(program), bytes_(bytes) {}

  /// `command` begins to use its ranges. Throws std::logic_error on an overlap or a bad address.
  void acquire(std::uint32_t command);
  void release(std::uint32_t command);

 private:
  const Program& program_;
  Bytes bytes_;
  std::vector<std::uint32_t> active_;
};

}  // namespace nibble
