// Cuts one operation into blocks and says which bytes of which tensor each block touches.
//
// A GEMM's operands are tensors, not matrices: a block of im2col rows touches the image rows under
// its filter window (halos included), a block of the wgrad's k touches the same for X. Simplified:
//   - result tensors lie in DRAM and scratchpad in the order in which blocks finish (output phase,
//     then column block, then row); readers walk them in that order;
//   - the transposed dY of a 4-bit wgrad is laid out by pixel, all filters of a pixel together, so
//     a range of k is one contiguous piece.
#pragma once

#include <vector>

#include "sim/base/units.h"
#include "sim/compiler/compiler.h"
#include "sim/compiler/placement.h"

namespace nibble {

/// A contiguous range of a tensor.
struct Piece {
  TensorId tensor = 0;
  Bytes begin = 0, end = 0;
};

/// One compute command and the data it needs. `held` inputs are kept in the buffer for the blocks
/// that follow; a block whose `held` differs from the block before replaces them.
struct Block {
  Unit unit = Unit::sfu;
  std::vector<Piece> held, inputs, outputs;
  std::variant<TileCommand, SfuCommand> body;
};

/// What tiling an operation of a stage depends on.
struct TilingContext {
  const Workload& workload;
  const CompilerTarget& target;
  const PlacementPlan& placement;
  int stage = 0;
};

/// One GEMM of an operation. `result_offset`: bytes of the result tensor that earlier GEMMs of the
/// operation fill. Throws std::invalid_argument if the stream buffer is too small.
[[nodiscard]] std::vector<Block> tile_gemm(const TilingContext& context, const GemmWork& work,
                                           const LoweredGemm& lowered, std::uint32_t gemm_index,
                                           Bytes result_offset);

/// A run of element-wise steps. Throws like tile_gemm.
[[nodiscard]] std::vector<Block> tile_sfu(const TilingContext& context, const SfuWork& work);

}  // namespace nibble
