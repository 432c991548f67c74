// What the chip's tile units call to have a command computed: the seam between time (sim/chip) and
// values (a TileBackend with the operands of a trace, or the closed form alone).
#pragma once

#include "sim/command/program.h"
#include "sim/tile/tile_backend.h"

namespace nibble {

class TileExecutor {
 public:
  virtual ~TileExecutor() = default;
  /// `unit` is Unit::tile or Unit::fp16_tile of `core`. Commands of a unit come in program order.
  virtual TileActivity execute(int core, Unit unit, const TileCommand& command) = 0;
};

}  // namespace nibble
