// Cuts one operation into blocks, core by core, and says which bytes of which tensor each block
// touches. All cores of an operation use the same sizes of block.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "sim/compiler/compiler.h"
#include "sim/compiler/gemm_footprint.h"
#include "sim/compiler/placement.h"

namespace nibble {

/// One compute command and the data it needs. `held` inputs are kept in the buffer for the blocks
/// that follow; a block whose `held` differs from the block before replaces them.
struct Block {
  Unit unit = Unit::sfu;
  std::vector<Piece> held, inputs, outputs;
  std::variant<TileCommand, SfuCommand> body;
  /// The outputs are this core's part of a sum over the cores.
  bool partial_sums = false;
  /// More outputs, which stay in the stream buffer for the next block of this core, their only
  /// reader (chained_run.h).
  std::vector<Piece> passed;
  /// The block is that reader.
  bool takes_passed = false;
  /// So many of `held`, the first ones, stay for other blocks; this one does not read them.
  std::size_t unread_held = 0;
};

/// By core; the blocks with the same index of different cores are meant to run side by side.
using CoreBlocks = std::vector<std::vector<Block>>;

/// Whether a block finds what it holds in the buffer, where the block before has left it.
[[nodiscard]] bool finds_held(const std::vector<Block>& blocks, std::size_t index);

/// What tiling an operation of a stage depends on.
struct TilingContext {
  const Workload& workload;
  const CompilerTarget& target;
  const Sharing& sharing;
  const PlacementPlan& placement;
  int stage = 0;
};

/// Bytes of a piece that a core must bring into its stream buffer, or send from it.
[[nodiscard]] Bytes stream_bytes(const TilingContext& context, const Piece& piece, int core);
[[nodiscard]] Bytes stream_bytes(const TilingContext& context, const std::vector<Piece>& pieces,
                                 int core);

class ChainedRun;

/// One GEMM of an operation: its lowering, its place among the program's GEMMs and in the result.
/// With CoreSplit::depth core c computes GEMM `index` + c, a reduction of its own.
struct GemmPart {
  const LoweredGemm& lowered;
  std::uint32_t index = 0;
  std::vector<std::int64_t> result_bases;  // as GemmFootprint's
  const ChainedRun* run = nullptr;         // reads the result; its blocks then follow the GEMM's
};

/// No blocks of a mapping fit the stream buffer. what() says how many bytes its smallest take.
struct BufferTooSmall : std::invalid_argument {
  BufferTooSmall(const std::string& fault, Bytes bytes)
      : std::invalid_argument(fault), needed(bytes) {}
  Bytes needed;
};

/// No block of an array has a mapping's sizes, however large the stream buffer.
struct ImpossibleBlock : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

/// Blocks of the sizes that the mapping states, those it leaves open as large as fit. Throws
/// BufferTooSmall or ImpossibleBlock.
[[nodiscard]] CoreBlocks tile_gemm(const TilingContext& context, const GemmWork& work,
                                   const GemmPart& part, const GemmMapping& mapping);

/// The range of a lowered GEMM that `core` computes; empty in some dimension if it has none.
[[nodiscard]] GemmBlock core_part(const TilingContext& context, const GemmWork& work,
                                  const LoweredGemm& lowered, CoreSplit split, int core);

/// The array that a GEMM runs on, as it runs it. Throws std::invalid_argument if the chip has none.
struct GemmArray {
  Unit unit = Unit::tile;
  TileGeometry geometry;
};
[[nodiscard]] GemmArray array_for(const CompilerTarget& target, TilePrecision precision);

/// Elements [begin, end) of `all` that a run of element-wise steps walks over.
struct ElementRange {
  std::int64_t begin = 0, end = 0, all = 0;
};
/// The bytes of a slice that belong to a range of a run's elements.
[[nodiscard]] Piece walked(const Workload& workload, const TensorSlice& slice,
                           const ElementRange& range);
/// What a run must have before its first element.
[[nodiscard]] std::vector<Piece> whole_pieces(const Workload& workload, const SfuWork& work);

/// A run of element-wise steps. Throws like tile_gemm.
[[nodiscard]] CoreBlocks tile_sfu(const TilingContext& context, const SfuWork& work);

}  // namespace nibble
