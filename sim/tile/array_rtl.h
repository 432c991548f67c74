// nb_tile with 128 lanes, Verilated as one array of 128 columns and as its quarter of 32: what
// `nibblesim validate` compares to show that an array may be composed of tiles side by side.
#pragma once

#include <memory>

#include "sim/tile/tile_rtl.h"

namespace nibble {

/// cols is 128 or 32; 128 accumulator rows. Throws std::invalid_argument otherwise.
[[nodiscard]] std::unique_ptr<TileRtl> make_array_tile_rtl(int cols);

}  // namespace nibble
