#include "sim/driver/unit_backends.h"

namespace nibble {

UnitBackends::UnitBackends(Engine engine, const ChipConfig& config)
    : engine_(engine),
      tile_(config.tile),
      fp16_tile_(config.fp16_tile),
      backends_(static_cast<std::size_t>(config.cores)) {}

TileBackend& UnitBackends::at(int core, Unit unit) {
  const bool main_array = unit == Unit::tile;
  std::unique_ptr<TileBackend>& backend =
      backends_.at(static_cast<std::size_t>(core))[main_array ? 0 : 1];
  if (!backend) backend = make_tile_backend(engine_, main_array ? tile_ : fp16_tile_.value());
  return *backend;
}

}  // namespace nibble
