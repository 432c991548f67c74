#include <stdexcept>

#include "VNbArray128.h"
#include "VNbArray32.h"
#include "sim/tile/array_rtl.h"
#include "sim/tile/verilated_tile_rtl.h"

namespace nibble {

std::unique_ptr<TileRtl> make_array_tile_rtl(int cols) {
  if (cols == 128) return std::make_unique<VerilatedTileRtl<VNbArray128>>();
  if (cols == 32) return std::make_unique<VerilatedTileRtl<VNbArray32>>();
  throw std::invalid_argument("the 128-lane array is built with 128 and with 32 columns");
}

}  // namespace nibble
