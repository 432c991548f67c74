// The same bits and cycles without RTL: models/gemm for the values, tile_timing.h for the time.
#pragma once

#include <vector>

#include "sim/tile/tile_backend.h"

namespace nibble {

class ModelTile final : public TileBackend {
 public:
  explicit ModelTile(const TileGeometry& geometry) : geometry_(geometry) {}

  /// Computes the block when the command's k range ends at K, from the whole of K.
  TileActivity execute(const TileCommand& command, const TileOperands* operands) override;

 private:
  void compute_block(const TileCommand& command, const TileOperands& operands, std::int64_t group);

  TileGeometry geometry_;
  std::vector<NibbleCode> b4_;  // the block's columns of B, contiguous
  std::vector<Fp16Code> b16_;
  std::vector<Fp16Code> c_;
};

}  // namespace nibble
