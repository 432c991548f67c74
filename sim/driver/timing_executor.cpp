#include "sim/driver/timing_executor.h"

#include "sim/tile/tile_timing.h"

namespace nibble {

TileActivity TimingExecutor::execute(int /*core*/, Unit unit, const TileCommand& command) {
  const TileGeometry array =
      (unit == Unit::tile ? tile_ : fp16_tile_.value()).running(command.precision);
  return ideal_array_ ? peak_rate_activity(command, array) : tile_activity(command, array);
}

}  // namespace nibble
