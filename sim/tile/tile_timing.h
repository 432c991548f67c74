// Closed form of a TileCommand's duration. Decides the cycles; the RTL is tested against it.
//
//   cycles = load_0 + sum_{i<P-1} max(busy_i, load_{i+1}) + busy_{P-1} + latency
//
// over the P passes of tile_command.h, busy_i = rows streamed plus rows folded in pass i,
// load_i = tile_load_cycles, or 0 if pass i finds its B block already in place. The sum is taken
// over kinds of passes, not one by one: its cost does not depend on the size of the command.
#pragma once

#include "sim/tile/tile_backend.h"

namespace nibble {

/// Clocks from the edge that takes an A row to the edge after which its result row is visible.
[[nodiscard]] Cycles tile_latency(const TileGeometry& geometry);

/// Clocks in which a block of B is loaded.
[[nodiscard]] Cycles tile_load_cycles(const TileGeometry& geometry);

/// `geometry` is the array as it runs this command's precision (TileGeometry::running). Throws
/// std::invalid_argument if the command's ranges break the rules of tile_command.h.
[[nodiscard]] TileActivity tile_activity(const TileCommand& command, const TileGeometry& geometry);

/// The same command on an array that always computes at its peak rate: ceil(useful MACs / peak MACs
/// a cycle), all of them streaming. B is still read; padding is not multiplied.
[[nodiscard]] TileActivity peak_rate_activity(const TileCommand& command,
                                              const TileGeometry& geometry);

}  // namespace nibble
