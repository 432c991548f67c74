#include "sim/compiler/mapping_cost.h"

#include <algorithm>

#include "sim/compiler/operation_tiling.h"
#include "sim/tile/tile_timing.h"

namespace nibble {
namespace {

// ASSUMED: what the memory delivers in a cycle where only an order of mappings is wanted; the
// compiler knows no DRAM.
constexpr Bytes kDramBytesPerCycle = 32;

/// What one core has to do for its blocks.
struct CoreCost {
  Cycles compute = 0;
  Bytes moved = 0;            // through the stream buffer
  Bytes first = 0, last = 0;  // before the first command and after the last
};

CoreCost cost_of(const TilingContext& context, const std::vector<Block>& blocks,
                 const TileGeometry& geometry, int core) {
  CoreCost cost;
  const Block* before = nullptr;
  for (const Block& block : blocks) {
    const auto& command = std::get<TileCommand>(block.body);
    cost.compute += tile_activity(command, geometry).cycles;
    Bytes in = stream_bytes(context, block.inputs, core);
    const bool holds = before != nullptr && block.held == before->held;
    if (!holds) in += stream_bytes(context, block.held, core);
    const Bytes out = stream_bytes(context, block.outputs, core);
    if (before == nullptr) cost.first = in;
    cost.last = out;
    cost.moved += in + out;
    before = &block;
  }
  return cost;
}

}  // namespace

Cycles estimated_cycles(const TilingContext& context, const GemmWork& work,
                        const GemmMapping& mapping) {
  const TileGeometry geometry = array_for(context.target, work.precision).geometry;
  Cycles total = 0;
  for (const CoreBlocks& blocks : tile_operation(context, work, mapping, 0)) {
    CoreCost slowest;
    Bytes moved = 0;
    for (std::size_t core = 0; core < blocks.size(); ++core) {
      const CoreCost cost = cost_of(context, blocks[core], geometry, static_cast<int>(core));
      moved += cost.moved;
      if (cost.compute > slowest.compute) slowest = cost;
    }
    total += std::max(slowest.compute, moved / kDramBytesPerCycle) +
             (slowest.first + slowest.last) / kDramBytesPerCycle;
  }
  return total;
}

}  // namespace nibble
