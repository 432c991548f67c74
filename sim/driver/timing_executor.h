// The engine `timing` of a chip: the closed form of both arrays, no values; or, as a what-if,
// arrays that always compute at their peak rate (ChipConfig::ideal_array).
#pragma once

#include <optional>

#include "sim/chip/tile_executor.h"
#include "sim/config/chip_config.h"

namespace nibble {

class TimingExecutor : public TileExecutor {
 public:
  explicit TimingExecutor(const ChipConfig& config)
      : tile_(config.tile), fp16_tile_(config.fp16_tile), ideal_array_(config.ideal_array) {}

  TileActivity execute(int core, Unit unit, const TileCommand& command) override;

 private:
  TileGeometry tile_;
  std::optional<TileGeometry> fp16_tile_;
  bool ideal_array_;
};

}  // namespace nibble
