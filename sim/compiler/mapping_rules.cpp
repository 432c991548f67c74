#include "sim/compiler/mapping_rules.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "sim/compiler/mapping_cost.h"
#include "sim/tile/tile_timing.h"

namespace nibble {
namespace {

Cycles compute_cycles(const TilingContext& context, const GemmWork& work,
                      const LoweredGemm& lowered, CoreSplit split) {
  const TileGeometry geometry = array_for(context.target, work.precision).geometry;
  Cycles most = 0;
  for (int core = 0; core < context.sharing.cores(); ++core) {
    const GemmBlock part = core_part(context, work, lowered, split, core);
    if (empty(part)) continue;
    TileCommand command;
    command.precision = work.precision;
    command.arithmetic = work.arithmetic;
    command.arithmetic.chunk_len = geometry.lanes;
    command.shape = {part.m_end - part.m_begin, part.n_end - part.n_begin,
                     part.k_end - part.k_begin};
    command.g_end = part.g_end - part.g_begin;
    command.m_end = command.shape.m;
    command.n_end = command.shape.n;
    command.k_end = command.shape.k;
    most = std::max(most, tile_activity(command, geometry).cycles);
  }
  return most;
}

/// Bytes that go round: operands that every core needs whole, results that leave their maker.
Bytes ring_bytes(const TilingContext& context, const GemmWork& work, CoreSplit split) {
  const auto bytes = [&](const TensorSlice& slice) {
    const Tensor& tensor = context.workload.tensors[static_cast<std::size_t>(slice.tensor)];
    return tensor.bytes() / slice.parts;
  };
  const bool wgrad = work.pass == GemmPass::wgrad;
  switch (split) {
    case CoreSplit::rows:
      return wgrad ? bytes(work.stationary) + bytes(work.streamed) + bytes(work.result)
                   : bytes(work.stationary);
    case CoreSplit::columns:
      return bytes(work.streamed) + bytes(work.result) + (wgrad ? bytes(work.stationary) : 0);
    case CoreSplit::depth:
      return bytes(work.result) * context.sharing.cores();
    case CoreSplit::groups:
      return 0;
  }
  return 0;
}

/// The split with the least estimated cycles.
CoreSplit split_by_rule(const TilingContext& context, const GemmWork& work) {
  const std::vector<CoreSplit> splits = possible_splits(work);
  if (context.sharing.cores() == 1) return CoreSplit::rows;
  if (splits.size() == 1) return splits.front();
  const std::vector<LoweredGemm> lowered = lower_conv(work.conv, work.pass);
  CoreSplit best = splits.front();
  Cycles fewest = 0;
  for (const CoreSplit split : splits) {
    Cycles cycles = ring_bytes(context, work, split) / context.target.ring_bytes_per_cycle;
    for (const LoweredGemm& part : lowered) cycles += compute_cycles(context, work, part, split);
    if (split != splits.front() && cycles >= fewest) continue;
    fewest = cycles;
    best = split;
  }
  return best;
}

/// Weights too large for the buffer: the rows are streamed once for each slice of them.
bool may_stream_rows_again(const TilingContext& context, const GemmWork& work) {
  if (work.pass == GemmPass::wgrad) return false;
  const std::int64_t weights =
      context.workload.tensors[static_cast<std::size_t>(work.stationary.tensor)].bytes();
  return 2 * weights > context.target.stream_buffer_bytes;
}

/// The mapping with the least estimated cycles of those that fit the buffers.
std::optional<GemmMapping> cheapest(const TilingContext& context, const GemmWork& work,
                                    const std::vector<GemmMapping>& mappings) {
  std::optional<GemmMapping> best;
  Cycles fewest = 0;
  for (const GemmMapping& mapping : mappings) {
    try {
      const Cycles cycles = estimated_cycles(context, work, mapping);
      if (best && cycles >= fewest) continue;
      fewest = cycles;
      best = mapping;
    } catch (const BufferTooSmall&) {  // others may fit
    }
  }
  return best;
}

/// Precondition: none of the mappings fits. Names the one that is short of the fewest bytes.
[[noreturn]] void refuse(const TilingContext& context, const GemmWork& work,
                         const std::vector<GemmMapping>& mappings) {
  std::optional<GemmMapping> best;
  Bytes fewest = 0;
  for (const GemmMapping& mapping : mappings) {
    try {
      (void)estimated_cycles(context, work, mapping);
    } catch (const BufferTooSmall& fault) {
      if (best && fault.needed >= fewest) continue;
      fewest = fault.needed;
      best = mapping;
    }
  }
  const Bytes buffer = context.target.stream_buffer_bytes;
  throw BufferTooSmall(
      fmt::format("fits in no mapping: the smallest tile needs {} bytes of stream buffer, it has "
                  "{} ({} short, {}), allowed a larger scratchpad.stream_buffer_kib or a smaller "
                  "batch",
                  fewest, buffer, fewest - buffer, mapping_text(*best)),
      fewest);
}

}  // namespace

const char* split_name(CoreSplit split) {
  constexpr const char* kNames[] = {"rows", "columns", "depth", "groups"};
  return kNames[static_cast<int>(split)];
}

std::vector<CoreSplit> possible_splits(const GemmWork& work) {
  if (independent_groups(work.conv)) return {CoreSplit::groups};
  if (work.pass != GemmPass::wgrad) {
    if (work.conv.groups > 1) return {CoreSplit::rows};
    return {CoreSplit::rows, CoreSplit::columns};
  }
  if (work.conv.groups > 1) return {CoreSplit::depth};
  return {CoreSplit::depth, CoreSplit::rows};
}

std::vector<GemmMapping> plain_mappings(const TilingContext& context, const GemmWork& work) {
  std::vector<CoreSplit> splits = possible_splits(work);
  if (context.sharing.cores() == 1) splits = {CoreSplit::rows};
  std::vector<GemmMapping> mappings;
  for (const CoreSplit split : splits) {
    for (const HeldOperand held : {HeldOperand::stationary, HeldOperand::streamed}) {
      mappings.push_back({split, held, 0, 0, 0});
    }
  }
  return mappings;
}

std::string mapping_text(const GemmMapping& mapping) {
  const auto size = [](std::int64_t given) {
    return given == 0 ? std::string("auto") : std::to_string(given);
  };
  return fmt::format("split {}, hold {}, blocks {} x {} x {}", split_name(mapping.split),
                     mapping.held == HeldOperand::stationary ? "stationary" : "streamed",
                     size(mapping.rows), size(mapping.columns), size(mapping.depth));
}

GemmMapping mapping_by_rule(const TilingContext& context, const GemmWork& work) {
  GemmMapping mapping;
  mapping.split = split_by_rule(context, work);
  std::vector<GemmMapping> wanted{mapping};
  if (may_stream_rows_again(context, work)) {
    wanted.push_back(mapping);
    wanted.back().held = HeldOperand::streamed;
  }
  if (const auto best = cheapest(context, work, wanted)) return *best;
  const std::vector<GemmMapping> all = plain_mappings(context, work);
  if (const auto best = cheapest(context, work, all)) return *best;
  refuse(context, work, all);
}

}  // namespace nibble
