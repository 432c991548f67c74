// An element-wise run chained to the GEMM before it, whose result nobody else reads: behind each
// block of the GEMM that yields results follows a block of the run over just these elements, which
// finds them in the stream buffer. The result is neither stored nor loaded.
#pragma once

#include <stdexcept>
#include <vector>

#include "sim/compiler/tiling.h"

namespace nibble {

/// The run cannot take the GEMM's results block by block.
struct CannotChain : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class ChainedRun {
 public:
  /// `run` reads `result`. Both outlive the object.
  ChainedRun(const TilingContext& context, const SfuWork& run, const TensorSlice& result);

  /// What the blocks of the run hold. The GEMM's blocks hold it too, so that nothing held is given
  /// up between them.
  [[nodiscard]] const std::vector<Piece>& held() const { return whole_; }

  /// Turns the outputs of a GEMM's block into passed ones and returns the block of the run that
  /// takes them, but for the core's part of sums over all rows. Throws CannotChain if they are no
  /// whole elements of the run.
  [[nodiscard]] Block follow(Block& gemm) const;

  /// Adds to the blocks of the run what follow() has left out. `parts`: of all GEMMs of the
  /// operation.
  void add_sums(std::vector<CoreBlocks>& parts) const;

 private:
  struct Range {
    std::int64_t begin = 0, end = 0;
  };
  [[nodiscard]] Range elements_of(const Piece& piece) const;

  const TilingContext& context_;
  const SfuWork& run_;
  TensorSlice result_;
  std::vector<Piece> whole_;
};

}  // namespace nibble
