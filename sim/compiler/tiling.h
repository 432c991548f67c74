// Cuts one operation into blocks and says which bytes of which tensor each block touches.
//
// A GEMM's operands are tensors, not matrices: a block of im2col rows touches the image rows under
// its filter window (halos included), a block of the wgrad's k touches the same for X. Simplified:
//   - result tensors lie in DRAM and scratchpad in the order in which blocks finish (output phase,
//     then column block, then row); readers walk them in that order;
//   - the transposed dY of a 4-bit wgrad is laid out by pixel, all filters of a pixel together, so
//   a
//     range of k is one contiguous piece.
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

/// Bytes of a double buffer: half of what the stream buffer has left beside held inputs.
[[nodiscard]] std::vector<Block> tile_gemm(const Workload& workload, const GemmWork& work,
                                           const LoweredGemm& lowered, std::uint32_t gemm_index,
                                           Bytes result_offset, const CompilerTarget& target,
                                           const PlacementPlan& placement);

[[nodiscard]] std::vector<Block> tile_sfu(const Workload& workload, const SfuWork& work,
                                          const CompilerTarget& target,
                                          const PlacementPlan& placement);

}  // namespace nibble
