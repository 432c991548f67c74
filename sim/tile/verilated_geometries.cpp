// The geometries of nb_tile and nb_fp16_tile that are Verilated; rtl/{tile,fp16}.cmake list them.
#include <stdexcept>
#include <string>

#include "built_fp16_tiles.h"
#include "built_nibble_tiles.h"
#include "sim/tile/verilated_tile_rtl.h"

namespace nibble {
namespace {

struct BuiltTile {
  TileGeometry geometry;
  std::unique_ptr<TileRtl> (*make)();
};

template <typename Model>
std::unique_ptr<TileRtl> make() {
  return std::make_unique<VerilatedTileRtl<Model>>();
}

#define NIBBLE_TILE(lanes, cols, acc_rows, Model) \
  {{TilePrecision::nibble4, lanes, cols, acc_rows, 1}, &make<Model>},
#define NIBBLE_FP16_TILE(lanes, cols, acc_rows, Model) \
  {{TilePrecision::fp16, lanes, cols, acc_rows, 1}, &make<Model>},
constexpr BuiltTile kBuilt[] = {
    // clang-format off
    NIBBLE_BUILT_NIBBLE_TILES(NIBBLE_TILE)
    NIBBLE_BUILT_FP16_TILES(NIBBLE_FP16_TILE)
    // clang-format on
};
#undef NIBBLE_TILE
#undef NIBBLE_FP16_TILE

std::string size_text(const TileGeometry& geometry) {
  return std::to_string(geometry.lanes) + "x" + std::to_string(geometry.cols) + "x" +
         std::to_string(geometry.acc_rows);
}

}  // namespace

std::vector<TileGeometry> built_tiles() {
  std::vector<TileGeometry> geometries;
  for (const BuiltTile& built : kBuilt) geometries.push_back(built.geometry);
  return geometries;
}

std::unique_ptr<TileRtl> make_tile_rtl(const TileGeometry& geometry) {
  std::string allowed;
  for (const auto& [built, make] : kBuilt) {
    if (built.precision != geometry.precision) continue;
    if (built.lanes == geometry.lanes && built.cols == geometry.cols &&
        built.acc_rows == geometry.acc_rows) {
      return make();
    }
    allowed += (allowed.empty() ? "" : ", ") + size_text(built);
  }
  throw std::invalid_argument(std::string("no Verilated ") +
                              (geometry.precision == TilePrecision::nibble4 ? "4-bit" : "FP16") +
                              " tile of " + size_text(geometry) +
                              " (lanes x columns x accumulator rows); built are " + allowed);
}

}  // namespace nibble
