#include "sim/tile/tile_backend.h"

#include <stdexcept>

#include "sim/tile/model_tile.h"
#include "sim/tile/timing_tile.h"
#include "sim/tile/verilated_tile.h"

namespace nibble {

std::unique_ptr<TileBackend> make_tile_backend(Engine engine, const TileGeometry& geometry) {
  if (geometry.lanes < 1 || geometry.cols < 1 || geometry.acc_rows < 1 || geometry.tiles < 1) {
    throw std::invalid_argument("tile geometry: lanes, cols, acc_rows and tiles must be positive");
  }
  switch (engine) {
    case Engine::rtl:
      return std::make_unique<VerilatedTile>(geometry);
    case Engine::model:
      return std::make_unique<ModelTile>(geometry);
    case Engine::timing:
      return std::make_unique<TimingTile>(geometry);
  }
  throw std::invalid_argument("unknown engine");
}

}  // namespace nibble
