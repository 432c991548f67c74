#include "sim/tile/tile_backend.h"

#include <stdexcept>
#include <tuple>

#include "sim/tile/model_tile.h"
#include "sim/tile/timing_tile.h"
#include "sim/tile/verilated_tile.h"

namespace nibble {
namespace {

auto fields(const TileActivity& a) {
  return std::tie(a.cycles, a.streaming, a.fold, a.weight_load, a.fill_drain, a.b_rows_loaded,
                  a.macs_issued, a.macs_useful, a.accumulations);
}

}  // namespace

bool operator==(const TileActivity& a, const TileActivity& b) { return fields(a) == fields(b); }

std::string activity_text(const TileActivity& a) {
  return std::to_string(a.cycles) + " cycles (streaming " + std::to_string(a.streaming) +
         ", fold " + std::to_string(a.fold) + ", weight_load " + std::to_string(a.weight_load) +
         ", fill_drain " + std::to_string(a.fill_drain) + "), b_rows_loaded " +
         std::to_string(a.b_rows_loaded) + ", macs_issued " + std::to_string(a.macs_issued) +
         ", macs_useful " + std::to_string(a.macs_useful) + ", accumulations " +
         std::to_string(a.accumulations);
}

std::int64_t useful_macs(const TileCommand& command) {
  return (command.g_end - command.g_begin) * (command.m_end - command.m_begin) *
         (command.n_end - command.n_begin) * (command.k_end - command.k_begin);
}

std::unique_ptr<TileBackend> make_tile_backend(Engine engine, const TileGeometry& geometry) {
  if (geometry.lanes < 1 || geometry.cols < 1 || geometry.acc_rows < 1 || geometry.tiles < 1) {
    throw std::invalid_argument("tile geometry: lanes, cols, acc_rows and tiles must be positive");
  }
  if (geometry.precision == TilePrecision::fp8) {
    throw std::invalid_argument("tile geometry: fp8 is how an FP16 array runs, not an array");
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
