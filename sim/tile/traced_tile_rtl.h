// A Verilated tile that writes its signals to a waveform file (FST), which GTKWave opens. A class
// of its own, because a tile that can is slower also where it does not.
#pragma once

#include <string>

#include "sim/tile/tile_rtl.h"

namespace nibble {

class TracedTileRtl : public TileRtl {
 public:
  /// Writes every signal from the next clock on. That clock begins at `begin_ps`; ports change at
  /// the begin of each clock, when clk_i falls, and registers half a clock later. To be called
  /// once. Throws std::runtime_error if the file cannot be opened.
  virtual void start(const std::string& file, std::int64_t begin_ps, std::int64_t period_ps) = 0;
  /// Closes the file at the end of the latest clock. Throws std::runtime_error if it is not whole.
  virtual void stop() = 0;
};

/// Of the same geometries as make_tile_rtl, and throws like it.
[[nodiscard]] std::unique_ptr<TracedTileRtl> make_traced_tile_rtl(const TileGeometry& geometry);

}  // namespace nibble
