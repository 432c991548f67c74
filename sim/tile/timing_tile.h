// The closed form alone, without values. The only engine that knows fp8, on an FP16 array.
#pragma once

#include "sim/tile/tile_timing.h"

namespace nibble {

class TimingTile final : public TileBackend {
 public:
  explicit TimingTile(const TileGeometry& geometry) : geometry_(geometry) {}
  TileActivity execute(const TileCommand& command, const TileOperands* /*operands*/) override {
    return tile_activity(command, geometry_.running(command.precision));
  }

 private:
  TileGeometry geometry_;
};

}  // namespace nibble
