// The part of a core's scratchpad through which tensors stream: held inputs at its low end, the
// rest a ring from which every block takes what it needs. Whoever takes bytes learns which commands
// must have finished with them; a ring gives as much prefetch as the bytes allow.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/base/units.h"

namespace nibble {

class StreamBuffer {
 public:
  explicit StreamBuffer(Bytes bytes) : bytes_(bytes) {}

  struct Grant {
    Bytes begin = 0, end = 0;
    std::vector<std::uint32_t> earlier_users;  // commands to wait for before the first write
  };

  /// Resizes the low end to `bytes` and takes all of it.
  [[nodiscard]] Grant take_held(Bytes bytes);
  /// Takes `bytes` of the ring. Precondition: twice what one block takes fits beside held inputs.
  [[nodiscard]] Grant take(Bytes bytes);
  /// `command` reads or writes [begin, end).
  void add_user(Bytes begin, Bytes end, std::uint32_t command);
  /// A fence has completed every command: nothing is held, nobody has to be waited for.
  void clear();

 private:
  struct Use {
    Bytes begin = 0, end = 0;
    std::uint32_t command = 0;
  };
  [[nodiscard]] Grant grant(Bytes begin, Bytes end);

  Bytes bytes_;
  Bytes ring_begin_ = 0, next_ = 0;
  std::vector<Use> uses_;
};

}  // namespace nibble
