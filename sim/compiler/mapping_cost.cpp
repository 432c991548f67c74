#include "sim/compiler/mapping_cost.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "sim/compiler/operation_tiling.h"
#include "sim/tile/tile_timing.h"

namespace nibble {
namespace {

/// Bytes on their way: through the memory, and times the links of the ring that they take.
struct Traffic {
  double memory = 0, ring = 0;
};

/// What bytes cost on their way between the memory and the cores' stream buffers.
class TrafficCount {
 public:
  explicit TrafficCount(const TilingContext& context) : context_(context) {}

  /// A piece that `receivers` cores need at once.
  void load(const Piece& piece, const std::vector<int>& receivers);
  void store(const Piece& piece, int core);
  /// A core's part of a sum: every core adds up a share of all parts and stores its sum.
  void add_up(const Piece& part);
  [[nodiscard]] const Traffic& all() const { return all_; }

 private:
  [[nodiscard]] bool resident(const Piece& piece) const {
    return context_.placement.of[static_cast<std::size_t>(piece.tensor)].resident_in(
        context_.stage);
  }
  /// Both ways round are open, so a transfer goes a quarter of the way on the average, and a
  /// multicast no further than once round.
  [[nodiscard]] double links(std::size_t receivers) const {
    const double cores = context_.sharing.cores();
    return std::min(cores, static_cast<double>(receivers) * std::max(1.0, cores / 4));
  }

  const TilingContext& context_;
  Traffic all_;
};

void TrafficCount::load(const Piece& piece, const std::vector<int>& receivers) {
  const bool several = context_.sharing.cores() > 1;
  if (!resident(piece)) {
    const auto bytes = static_cast<double>(piece.bytes());
    all_.memory += bytes;
    if (several) all_.ring += bytes * links(receivers.size());
    return;
  }
  if (!several || context_.sharing.replicated(piece.tensor)) return;
  for (const Sharing::Segment& segment :
       context_.sharing.owners(piece.tensor, piece.begin, piece.end)) {
    const auto others = static_cast<std::size_t>(std::count_if(
        receivers.begin(), receivers.end(), [&](int core) { return core != segment.core; }));
    const Piece part = part_of(piece, segment.begin, segment.end);
    all_.ring += static_cast<double>(part.bytes()) * links(others);
  }
}

void TrafficCount::store(const Piece& piece, int core) {
  const auto bytes = static_cast<double>(stream_bytes(context_, piece, core));
  if (!resident(piece)) all_.memory += bytes;
  if (context_.sharing.cores() > 1) all_.ring += bytes * links(1);
}

void TrafficCount::add_up(const Piece& part) {
  const auto bytes = static_cast<double>(part.end - part.begin);
  all_.ring += bytes * links(1);
  if (!resident(part)) all_.memory += bytes / context_.sharing.cores();
}

/// Counts the blocks with one index of all cores, which run side by side.
void count_step(const CoreBlocks& blocks, std::size_t index, TrafficCount& traffic) {
  std::vector<std::pair<Piece, int>> needs;
  for (std::size_t core = 0; core < blocks.size(); ++core) {
    if (index >= blocks[core].size()) continue;
    const Block& block = blocks[core][index];
    const int number = static_cast<int>(core);
    for (const Piece& piece : block.inputs) needs.emplace_back(piece, number);
    if (!finds_held(blocks[core], index)) {
      for (const Piece& piece : block.held) needs.emplace_back(piece, number);
    }
    for (const Piece& piece : block.outputs) {
      if (block.partial_sums) {
        traffic.add_up(piece);
      } else {
        traffic.store(piece, number);
      }
    }
  }
  const auto key = [](const std::pair<Piece, int>& need) {
    const Piece& piece = need.first;
    return std::tuple(piece.tensor, piece.begin, piece.end, piece.skipped, need.second);
  };
  std::sort(needs.begin(), needs.end(),
            [&](const auto& a, const auto& b) { return key(a) < key(b); });
  for (std::size_t i = 0; i < needs.size();) {
    std::vector<int> receivers;
    const Piece piece = needs[i].first;
    for (; i < needs.size() && needs[i].first == piece; ++i) receivers.push_back(needs[i].second);
    traffic.load(piece, receivers);
  }
}

Cycles compute_cycles(const std::vector<Block>& blocks, const TileGeometry& geometry) {
  Cycles cycles = 0;
  for (const Block& block : blocks) {
    cycles += tile_activity(std::get<TileCommand>(block.body), geometry).cycles;
  }
  return cycles;
}

/// Of the memory's channels and the ring's links, whichever is busy for longer.
double traffic_cycles(const CompilerTarget& target, const Traffic& traffic) {
  const double memory = traffic.memory / target.dram_bytes_per_cycle;
  if (target.cores == 1) return memory;
  constexpr double kWays = 2;
  const auto link = static_cast<double>(target.ring_bytes_per_cycle) * kWays;
  return std::max({memory, traffic.memory / (link * target.memory_stops),
                   traffic.ring / (link * target.cores)});
}

}  // namespace

Cycles estimated_cycles(const TilingContext& context, const GemmWork& work,
                        const GemmMapping& mapping) {
  const TileGeometry geometry = array_for(context.target, work.precision).geometry;
  double total = 0;
  for (const CoreBlocks& blocks : tile_operation(context, work, mapping, 0)) {
    Cycles compute = 0;
    std::size_t steps = 0;
    for (const std::vector<Block>& of_core : blocks) {
      compute = std::max(compute, compute_cycles(of_core, geometry));
      steps = std::max(steps, of_core.size());
    }
    TrafficCount traffic(context);
    double first = 0;
    double before = 0;
    double cycles = 0;
    for (std::size_t step = 0; step < steps; ++step) {
      before = cycles;
      count_step(blocks, step, traffic);
      cycles = traffic_cycles(context.target, traffic.all());
      if (step == 0) first = cycles;
    }
    total += std::max(static_cast<double>(compute), cycles) + std::max(first, cycles - before);
  }
  return static_cast<Cycles>(total);
}

}  // namespace nibble
