// A layer's GEMM, whole, as one command on the array that its operands belong to: what inference
// and training call in the place of models/gemm.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "models/layers/gemm_call.h"
#include "sim/tile/tile_backend.h"

namespace nibble {

class TileGemm {
 public:
  /// What was multiplied so far.
  struct Work {
    std::int64_t gemms = 0, macs = 0;  // without padding
    Cycles clocks = 0;
  };

  TileGemm(Engine engine, const TileGeometry& tile, const std::optional<TileGeometry>& fp16_tile);

  /// A GemmFunction. Throws std::invalid_argument "layer NAME: ..." for operands that no array here
  /// multiplies, or a chunk length that is not its lanes.
  void operator()(const GemmCall& call, const void* a, const void* b, Fp16Code* c);

  [[nodiscard]] const Work& work() const { return work_; }

 private:
  std::unique_ptr<TileBackend> tile_, fp16_tile_;
  Work work_;
};

/// The widest Verilated array of that precision and number of lanes, if there is one.
[[nodiscard]] std::optional<TileGeometry> widest_built_tile(TilePrecision precision, int lanes);

}  // namespace nibble
