#include "sim/compiler/operation_tiling.h"

#include <stdexcept>

#include "sim/compiler/chained_run.h"

namespace nibble {
namespace {

std::vector<CoreBlocks> tile_parts(const TilingContext& context, const GemmWork& work,
                                   const GemmMapping& mapping, std::uint32_t first_gemm,
                                   const ChainedRun* run) {
  const Sharing& sharing = context.sharing;
  const std::vector<LoweredGemm> parts = lower_conv(work.conv, work.pass);
  const auto elements = [&](const LoweredGemm& part, int core) {  // of a core's rows
    const GemmShape& shape = part.shape;
    return (sharing.first_row(shape.m, core + 1) - sharing.first_row(shape.m, core)) * shape.n *
           part.conv.groups;
  };
  // Where each core's rows begin in the result: all its rows of one GEMM after those of the other.
  std::vector<std::int64_t> bases;
  std::int64_t base = 0;
  for (int core = 0; core < sharing.cores(); ++core) {
    bases.push_back(base);
    for (const LoweredGemm& part : parts) base += elements(part, core);
  }
  std::vector<CoreBlocks> blocks;
  std::uint32_t index = first_gemm;
  for (const LoweredGemm& part : parts) {
    blocks.push_back(tile_gemm(context, work, {part, index, bases, run}, mapping));
    index += mapping.split == CoreSplit::depth ? static_cast<std::uint32_t>(sharing.cores()) : 1;
    for (int core = 0; core < sharing.cores(); ++core) {
      bases[static_cast<std::size_t>(core)] += elements(part, core);
    }
  }
  return blocks;
}

/// What the GEMMs bring into the stream buffers.
Bytes fetched_bytes(const TilingContext& context, const std::vector<CoreBlocks>& parts) {
  Bytes bytes = 0;
  for (const CoreBlocks& blocks : parts) {
    for (std::size_t core = 0; core < blocks.size(); ++core) {
      for (std::size_t i = 0; i < blocks[core].size(); ++i) {
        const Block& block = blocks[core][i];
        if (block.takes_passed) continue;  // it holds what the GEMM's block before it does
        const int number = static_cast<int>(core);
        if (!finds_held(blocks[core], i)) bytes += stream_bytes(context, block.held, number);
        bytes += stream_bytes(context, block.inputs, number);
      }
    }
  }
  return bytes;
}

}  // namespace

std::vector<ProgramGemm> program_gemms(const TilingContext& context, const GemmWork& work,
                                       CoreSplit split) {
  std::vector<ProgramGemm> gemms;
  const std::vector<LoweredGemm> parts = lower_conv(work.conv, work.pass);
  const std::string& layer = context.workload.stages[static_cast<std::size_t>(context.stage)].layer;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    ProgramGemm gemm{layer,           work.part,      parts[i],
                     work.arithmetic, work.precision, i + 1 == parts.size()};
    if (split != CoreSplit::depth) {
      gemms.push_back(gemm);
      continue;
    }
    for (int core = 0; core < context.sharing.cores(); ++core) {
      const GemmBlock part = core_part(context, work, parts[i], split, core);
      gemm.lowered.shape.k = part.k_end - part.k_begin;
      gemms.push_back(gemm);
    }
  }
  return gemms;
}

std::vector<CoreBlocks> tile_operation(const TilingContext& context, const GemmWork& work,
                                       const GemmMapping& mapping, std::uint32_t first_gemm) {
  return tile_parts(context, work, mapping, first_gemm, nullptr);
}

std::vector<CoreBlocks> tile_chained(const TilingContext& context, const GemmWork& work,
                                     const GemmMapping& mapping, std::uint32_t first_gemm,
                                     const SfuWork& run, const std::vector<CoreBlocks>& alone) {
  const ChainedRun chained(context, run, work.result);
  std::vector<CoreBlocks> parts;
  try {
    parts = tile_parts(context, work, mapping, first_gemm, &chained);
  } catch (const CannotChain&) {
    return {};
  }
  const Piece result = walked(context.workload, work.result, {0, 1, 1});
  const Bytes saved = 2 * (result.end - result.begin);  // a store and a load
  if (fetched_bytes(context, parts) > fetched_bytes(context, alone) + saved) return {};
  chained.add_sums(parts);
  return parts;
}

}  // namespace nibble
