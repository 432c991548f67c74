#include "sim/chip/scratchpad.h"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

namespace nibble {

void Scratchpad::acquire(std::uint32_t command) {
  for (const ScratchpadRange& range : program_.commands[command].scratchpad) {
    if (range.begin < 0 || range.end > bytes_ || range.begin > range.end) {
      throw std::logic_error(fmt::format("command {}: scratchpad range {}..{} of {} bytes", command,
                                         range.begin, range.end, bytes_));
    }
    for (const std::uint32_t other : active_) {
      for (const ScratchpadRange& taken : program_.commands[other].scratchpad) {
        if ((range.write || taken.write) && range.begin < taken.end && taken.begin < range.end) {
          throw std::logic_error(fmt::format(
              "scratchpad race: command {} ({}) {} bytes {}..{} while command {} ({}) uses {}..{}",
              command, kUnitNames[static_cast<int>(program_.commands[command].unit)],
              range.write ? "writes" : "reads", range.begin, range.end, other,
              kUnitNames[static_cast<int>(program_.commands[other].unit)], taken.begin, taken.end));
        }
      }
    }
  }
  active_.push_back(command);
}

void Scratchpad::release(std::uint32_t command) {
  active_.erase(std::find(active_.begin(), active_.end(), command));
}

}  // namespace nibble
