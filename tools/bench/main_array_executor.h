// A chip's main array with random operands through the RTL, its FP16 tile by the closed form: what
// the benches that are about the 4-bit array put inside a chip.
#pragma once

#include <ctime>

#include "sim/driver/synthetic_executor.h"

namespace nibble {

class MainArrayExecutor : public TileExecutor {
 public:
  MainArrayExecutor(const Program& program, const ChipConfig& chip, const SyntheticOptions& options)
      : values_(program, chip, options), timing_(chip) {}

  TileActivity execute(int core, Unit unit, const TileCommand& command) override {
    if (unit != Unit::tile) return timing_.execute(core, unit, command);
    const std::clock_t start = std::clock();
    const TileActivity activity = values_.execute(core, unit, command);
    busy_s += static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    macs_useful += activity.macs_useful;
    return activity;
  }

  [[nodiscard]] const ComparisonCount& count() const { return values_.count(); }

  double busy_s = 0;  // processor time of the commands: operands, clocks, checks
  std::int64_t macs_useful = 0;

 private:
  SyntheticExecutor values_;
  TimingExecutor timing_;
};

}  // namespace nibble
