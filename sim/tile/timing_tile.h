// The closed form alone, without values.
#pragma once

#include "sim/tile/tile_timing.h"

namespace nibble {

class TimingTile final : public TileBackend {
 public:
  explicit TimingTile(const TileGeometry& geometry) : geometry_(geometry) {}
  TileActivity execute(const TileCommand& command, const TileOperands* /*operands*/) override {
    return tile_activity(command, geometry_);
  }

 private:
  TileGeometry geometry_;
};

}  // namespace nibble
