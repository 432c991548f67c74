// The backends of a chip's tile units, one for each unit of each core: accumulators and cells
// belong to a unit. Made when a unit first works.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "sim/chip/tile_executor.h"
#include "sim/config/chip_config.h"

namespace nibble {

class UnitBackends {
 public:
  /// Makes the backend of an array.
  using Factory = std::function<std::unique_ptr<TileBackend>(const TileGeometry&)>;

  UnitBackends(Factory factory, const ChipConfig& config);
  UnitBackends(Engine engine, const ChipConfig& config);

  /// Precondition: `unit` is Unit::tile, or Unit::fp16_tile of a chip that has one.
  [[nodiscard]] TileBackend& at(int core, Unit unit);

 private:
  Factory factory_;
  TileGeometry tile_;
  std::optional<TileGeometry> fp16_tile_;
  std::vector<std::array<std::unique_ptr<TileBackend>, 2>> backends_;  // by core, then unit
};

}  // namespace nibble
