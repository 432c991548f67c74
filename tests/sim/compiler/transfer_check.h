// DMA transfers between two shadow memories: what a load brings somebody must have stored, and a
// store takes each byte home.
#pragma once

#include "sim/compiler/placement.h"
#include "tests/sim/compiler/shadow_memory.h"

namespace nibble::test {

[[noreturn]] void fail_command(const Program& program, std::uint32_t command,
                               const std::string& what);

class TransferCheck {
 public:
  /// All four outlive it.
  TransferCheck(const Program& program, const PlacementPlan& placement, ShadowMemory& scratchpad,
                ShadowMemory& dram)
      : program_(program), placement_(placement), scratchpad_(scratchpad), dram_(dram) {}

  void load(std::uint32_t command);
  void store(std::uint32_t command);

 private:
  [[noreturn]] void fail(std::uint32_t command, const std::string& what) const {
    fail_command(program_, command, what);
  }

  const Program& program_;
  const PlacementPlan& placement_;
  ShadowMemory& scratchpad_;
  ShadowMemory& dram_;
};

}  // namespace nibble::test
