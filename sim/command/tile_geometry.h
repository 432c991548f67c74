// The shape of the array behind a tile unit: what compiler and chip must both know of it.
#pragma once

#include <cstdint>

#include "sim/command/tile_command.h"

namespace nibble {

/// Bits of one streamed or stationary operand.
[[nodiscard]] constexpr int operand_bits(TilePrecision precision) {
  return precision == TilePrecision::nibble4 ? 4 : precision == TilePrecision::fp8 ? 8 : 16;
}

/// The array behind a tile unit. Lanes is also ChunkLen (NUMERICS section 2).
struct TileGeometry {
  TilePrecision precision = TilePrecision::nibble4;
  int lanes = 64;
  int cols = 64;
  int acc_rows = 128;
  int tiles = 1;
  /// The array as it works on `wanted`: an FP16 array has twice the lanes for fp8.
  [[nodiscard]] TileGeometry running(TilePrecision wanted) const {
    TileGeometry geometry = *this;
    if (precision == TilePrecision::fp16 && wanted == TilePrecision::fp8) {
      geometry.precision = TilePrecision::fp8;
      geometry.lanes = 2 * lanes;
    }
    return geometry;
  }
  /// Of all tiles of the unit, which stand side by side.
  [[nodiscard]] std::int64_t columns() const { return static_cast<std::int64_t>(cols) * tiles; }
  [[nodiscard]] std::int64_t macs_per_cycle() const { return lanes * columns(); }
};

}  // namespace nibble
