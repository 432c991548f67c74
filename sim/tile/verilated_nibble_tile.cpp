// The three geometries of nb_tile that rtl/tile.cmake Verilates.
#include <stdexcept>
#include <string>

#include "VNbTile16.h"
#include "VNbTile32.h"
#include "VNbTile64.h"
#include "sim/tile/verilated_tile_rtl.h"

namespace nibble {
namespace {

constexpr int kBuiltAccRows = 128;

}  // namespace

std::unique_ptr<TileRtl> make_nibble_tile_rtl(const TileGeometry& geometry) {
  if (geometry.lanes == geometry.cols && geometry.acc_rows == kBuiltAccRows) {
    if (geometry.lanes == 16) return std::make_unique<VerilatedTileRtl<VNbTile16>>();
    if (geometry.lanes == 32) return std::make_unique<VerilatedTileRtl<VNbTile32>>();
    if (geometry.lanes == 64) return std::make_unique<VerilatedTileRtl<VNbTile64>>();
  }
  throw std::invalid_argument("no Verilated tile of " + std::to_string(geometry.lanes) +
                              " lanes x " + std::to_string(geometry.cols) + " columns with " +
                              std::to_string(geometry.acc_rows) +
                              " accumulator rows; built are 16x16, 32x32 and 64x64 with 128");
}

}  // namespace nibble
