// The same bits and cycles without RTL: models/gemm for the values, tile_timing.h for the time.
#pragma once

#include <vector>

#include "sim/tile/tile_backend.h"

namespace nibble {

class ModelTile final : public TileBackend {
 public:
  explicit ModelTile(const TileGeometry& geometry) : geometry_(geometry) {}

  /// The parts of a block that is cut along k must come in order, as the tile's own do.
  TileActivity execute(const TileCommand& command, const TileOperands* operands) override;

 private:
  struct KRange {
    std::int64_t begin, end;
  };

  /// The block's rows and columns over a part of K, as a GEMM of its own; `result` is contiguous.
  void multiply(const TileCommand& command, const TileOperands& operands, std::int64_t group,
                KRange k, AccumulatorType accumulator, Fp16Code* result);
  void compute_whole(const TileCommand& command, const TileOperands& operands, std::int64_t group);
  void compute_part(const TileCommand& command, const TileOperands& operands);

  TileGeometry geometry_;
  std::vector<NibbleCode> a4_, b4_;  // contiguous copies of parts of the operands
  std::vector<Fp16Code> a16_, b16_;
  std::vector<Fp16Code> block_;  // results, contiguous
  // Accumulators of the block that is under way in parts of K: of a group of chunks, and over the
  // groups.
  std::vector<Fp16Code> group_, total_;
};

}  // namespace nibble
