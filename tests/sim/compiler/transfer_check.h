// Transfers between shadow memories: what a load or a ring transfer brings somebody must have put
// there, and a store takes each byte home.
#pragma once

#include <deque>

#include "sim/compiler/placement.h"
#include "tests/sim/compiler/shadow_memory.h"

namespace nibble::test {

[[noreturn]] void fail_command(const Program& program, std::uint32_t command,
                               const std::string& what);

/// The scratchpad of each core.
using ShadowScratchpads = std::deque<ShadowMemory>;

class TransferCheck {
 public:
  /// All four outlive it.
  TransferCheck(const Program& program, const PlacementPlan& placement,
                ShadowScratchpads& scratchpads, ShadowMemory& dram)
      : program_(program), placement_(placement), scratchpads_(scratchpads), dram_(dram) {}

  /// Into one or more cores.
  void load(std::uint32_t command);
  void store(std::uint32_t command);
  void ring(std::uint32_t command);

 private:
  [[noreturn]] void fail(std::uint32_t command, const std::string& what) const {
    fail_command(program_, command, what);
  }
  [[nodiscard]] std::vector<ScratchpadRange> ranges(std::uint32_t command, bool written,
                                                    Bytes bytes) const;
  [[nodiscard]] ShadowMemory& scratchpad(const ScratchpadRange& range) {
    return scratchpads_[static_cast<std::size_t>(range.core)];
  }

  const Program& program_;
  const PlacementPlan& placement_;
  ShadowScratchpads& scratchpads_;
  ShadowMemory& dram_;
};

}  // namespace nibble::test
