// The geometries of nb_fp16_tile that rtl/fp16.cmake Verilates.
#include <stdexcept>
#include <string>

#include "VNbFp16Tile16x16.h"
#include "VNbFp16Tile16x4.h"
#include "VNbFp16Tile64x2.h"
#include "VNbFp16Tile64x9.h"
#include "sim/tile/verilated_tile_rtl.h"

namespace nibble {
namespace {

constexpr int kBuiltAccRows = 128;

}  // namespace

std::unique_ptr<TileRtl> make_fp16_tile_rtl(const TileGeometry& geometry) {
  const auto is = [&](int lanes, int cols) {
    return geometry.lanes == lanes && geometry.cols == cols && geometry.acc_rows == kBuiltAccRows;
  };
  if (is(16, 4)) return std::make_unique<VerilatedTileRtl<VNbFp16Tile16x4>>();
  if (is(64, 2)) return std::make_unique<VerilatedTileRtl<VNbFp16Tile64x2>>();
  if (is(16, 16)) return std::make_unique<VerilatedTileRtl<VNbFp16Tile16x16>>();
  if (is(64, 9)) return std::make_unique<VerilatedTileRtl<VNbFp16Tile64x9>>();
  throw std::invalid_argument("no Verilated FP16 tile of " + std::to_string(geometry.lanes) +
                              " lanes x " + std::to_string(geometry.cols) + " columns with " +
                              std::to_string(geometry.acc_rows) +
                              " accumulator rows; built are 16x4, 16x16, 64x2 and 64x9 with 128");
}

}  // namespace nibble
