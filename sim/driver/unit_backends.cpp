#include "sim/driver/unit_backends.h"

namespace nibble {

UnitBackends::UnitBackends(Factory factory, const ChipConfig& config)
    : factory_(std::move(factory)),
      tile_(config.tile),
      fp16_tile_(config.fp16_tile),
      backends_(static_cast<std::size_t>(config.cores)) {}

UnitBackends::UnitBackends(Engine engine, const ChipConfig& config)
    : UnitBackends(
          [engine](const TileGeometry& geometry) { return make_tile_backend(engine, geometry); },
          config) {}

TileBackend& UnitBackends::at(int core, Unit unit) {
  const bool main_array = unit == Unit::tile;
  std::unique_ptr<TileBackend>& backend =
      backends_.at(static_cast<std::size_t>(core))[main_array ? 0 : 1];
  if (!backend) backend = factory_(main_array ? tile_ : fp16_tile_.value());
  return *backend;
}

}  // namespace nibble
