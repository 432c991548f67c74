#include "sim/stats/stall_attribution.h"

#include <algorithm>

namespace nibble {
namespace {

/// A command begins (+1) or ends (-1) in a unit, or a stage begins (change 0).
struct Edge {
  Cycles time = 0;
  int unit = 0;
  int change = 0;
};

std::vector<Edge> edges_of(const Program& program, const ChipRun& run,
                           const RunStatistics& statistics) {
  std::vector<Edge> edges;
  edges.reserve(2 * program.commands.size() + statistics.stages.size() + 1);
  for (std::size_t i = 0; i < program.commands.size(); ++i) {
    const CommandTimes& times = run.commands[i];
    if (times.begin == times.end) continue;
    edges.push_back({times.begin, static_cast<int>(program.commands[i].unit), +1});
    edges.push_back({times.end, static_cast<int>(program.commands[i].unit), -1});
  }
  for (const StageStatistics& stage : statistics.stages) edges.push_back({stage.begin, 0, 0});
  edges.push_back({run.cycles, 0, 0});
  std::stable_sort(edges.begin(), edges.end(),
                   [](const Edge& a, const Edge& b) { return a.time < b.time; });
  return edges;
}

StallCause cause_of(const std::array<int, kUnits>& running) {
  const auto runs = [&](Unit unit) { return running[static_cast<std::size_t>(unit)] > 0; };
  if (runs(Unit::fp16_tile)) return StallCause::fp16_tile;
  if (runs(Unit::sfu)) return StallCause::sfu;
  if (runs(Unit::dma_load) || runs(Unit::dma_store)) return StallCause::dram;
  return StallCause::token;
}

}  // namespace

void attribute_stalls(const Program& program, const ChipRun& run, RunStatistics& statistics) {
  std::array<int, kUnits> running{};
  Cycles now = 0;
  std::size_t stage = 0;
  for (const Edge& edge : edges_of(program, run, statistics)) {
    if (edge.time > now) {
      while (stage + 1 < statistics.stages.size() && statistics.stages[stage].end <= now) ++stage;
      const Cycles length = edge.time - now;
      for (std::size_t unit = 0; unit < running.size(); ++unit) {
        if (running[unit] > 0) statistics.busy[unit] += length;
      }
      if (running[static_cast<std::size_t>(Unit::tile)] == 0) {
        statistics.stages[stage].stalls[static_cast<std::size_t>(cause_of(running))] += length;
      }
      now = edge.time;
    }
    running[static_cast<std::size_t>(edge.unit)] += edge.change;
  }
}

}  // namespace nibble
