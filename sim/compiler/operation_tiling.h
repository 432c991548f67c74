// An operation that multiplies, to blocks: each of its GEMMs in turn (a dgrad with a stride has
// several), with the run that is chained to it or without.
#pragma once

#include "sim/command/program.h"
#include "sim/compiler/tiling.h"

namespace nibble {

/// What a program lists of the operation's GEMMs; with CoreSplit::depth each once for every core.
[[nodiscard]] std::vector<ProgramGemm> program_gemms(const TilingContext& context,
                                                     const GemmWork& work, CoreSplit split);

/// The blocks of each GEMM; `first_gemm` is the number of the first in the program. Throws like
/// tile_gemm.
[[nodiscard]] std::vector<CoreBlocks> tile_operation(const TilingContext& context,
                                                     const GemmWork& work,
                                                     const GemmMapping& mapping,
                                                     std::uint32_t first_gemm);

/// The same with the blocks of `run`, which alone reads the result (chained_run.h). None if they do
/// not fit, or if chaining costs more traffic than it saves: what else the slots take can force
/// smaller blocks than those of the operation `alone`.
[[nodiscard]] std::vector<CoreBlocks> tile_chained(const TilingContext& context,
                                                   const GemmWork& work, const GemmMapping& mapping,
                                                   std::uint32_t first_gemm, const SfuWork& run,
                                                   const std::vector<CoreBlocks>& alone);

}  // namespace nibble
