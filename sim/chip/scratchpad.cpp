#include "sim/chip/scratchpad.h"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

namespace nibble {

void Scratchpad::check(std::uint32_t command, const ScratchpadRange& range) const {
  const auto cores = static_cast<int>(uses_.size());
  if (range.begin < 0 || range.end > bytes_ || range.begin > range.end || range.core < 0 ||
      range.core >= cores) {
    throw std::logic_error(
        fmt::format("command {}: scratchpad range {}..{} of {} bytes in core {} of {}", command,
                    range.begin, range.end, bytes_, range.core, cores));
  }
  for (const Use& use : uses_[static_cast<std::size_t>(range.core)]) {
    const bool meet = range.begin < use.range.end && use.range.begin < range.end;
    if (!meet || (!range.write && !use.range.write) || use.command == command) continue;
    const auto unit = [this](std::uint32_t at) {
      return kUnitNames[static_cast<int>(program_->commands[at].unit)];
    };
    throw std::logic_error(fmt::format(
        "scratchpad race: command {} ({}) {} bytes {}..{} while command {} ({}) uses {}..{}",
        command, unit(command), range.write ? "writes" : "reads", range.begin, range.end,
        use.command, unit(use.command), use.range.begin, use.range.end));
  }
}

void Scratchpad::acquire(std::uint32_t command) {
  const std::vector<ScratchpadRange>& ranges = program_->commands[command].scratchpad;
  for (const ScratchpadRange& range : ranges) check(command, range);
  for (const ScratchpadRange& range : ranges) {
    uses_[static_cast<std::size_t>(range.core)].push_back({command, range});
  }
}

void Scratchpad::release(std::uint32_t command) {
  for (const ScratchpadRange& range : program_->commands[command].scratchpad) {
    std::vector<Use>& uses = uses_[static_cast<std::size_t>(range.core)];
    uses.erase(std::remove_if(uses.begin(), uses.end(),
                              [&](const Use& use) { return use.command == command; }),
               uses.end());
  }
}

}  // namespace nibble
