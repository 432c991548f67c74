// One GEMM on its way to blocks: which part of it each core computes, and the blocks of such a part
// at given sizes, with the bytes that each touches. Which sizes is for tiling.cpp to say.
#pragma once

#include <utility>
#include <vector>

#include "sim/compiler/block_sizes.h"
#include "sim/compiler/tiling.h"

namespace nibble {

class GemmCutter {
 public:
  /// All but `mapping` outlive the object.
  GemmCutter(const TilingContext& context, const GemmWork& work, const GemmPart& part,
             const GemmMapping& mapping);

  /// A core's part, or some of it, block after block; with those of the chained run.
  [[nodiscard]] std::vector<Block> cut(int core, const GemmBlock& part,
                                       const BlockSizes& sizes) const;
  /// The first of a core's blocks.
  [[nodiscard]] std::vector<Block> first(int core, const BlockSizes& sizes) const;
  [[nodiscard]] CoreBlocks all(const BlockSizes& sizes) const;

  [[nodiscard]] const LoweredGemm& lowered() const { return lowered_; }
  [[nodiscard]] const GemmMapping& mapping() const { return mapping_; }
  [[nodiscard]] const GemmFootprint& footprint() const { return footprint_; }
  [[nodiscard]] const TileGeometry& geometry() const { return array_.geometry; }
  [[nodiscard]] bool chained() const { return run_ != nullptr; }
  [[nodiscard]] bool reduces() const { return lowered_.pass == GemmPass::wgrad; }
  /// By core.
  [[nodiscard]] const std::vector<GemmBlock>& parts() const { return parts_; }
  /// Sizes (from 0) that no core's part exceeds.
  [[nodiscard]] const GemmBlock& largest() const { return largest_; }

 private:
  [[nodiscard]] std::pair<bool, bool> held_operands(int core, const GemmBlock& range) const;
  [[nodiscard]] Block block(int core, const GemmBlock& range) const;
  void append(std::vector<Block>& blocks, int core, const GemmBlock& range) const;

  const LoweredGemm& lowered_;
  GemmMapping mapping_;
  GemmFootprint footprint_;
  GemmArray array_;
  const ChainedRun* run_;
  TileCommand command_;
  std::vector<GemmBlock> parts_;
  GemmBlock largest_;
};

}  // namespace nibble
