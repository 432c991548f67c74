#include "sim/stats/stall_attribution.h"

#include <algorithm>

namespace nibble {
namespace {

/// A command begins (+1) or ends (-1) for a core, in its own unit or as a transfer that another
/// core's unit executes; or a stage begins (change 0).
struct Edge {
  Cycles time = 0;
  int core = 0, unit = 0;
  int change = 0;
  bool own = true;
};

/// Cores that wait for a command if they wait: the one that executes it, all that a transfer
/// writes, everybody for an exchange with other chips.
std::vector<int> cores_of(const Command& command, int cores) {
  std::vector<int> all{command.core};
  if (command.unit == Unit::dma_load || command.unit == Unit::ring) {
    for (const int core : receivers_of(command)) {
      if (core != command.core) all.push_back(core);
    }
  } else if (command.unit == Unit::link) {
    for (int core = 0; core < cores; ++core) {
      if (core != command.core) all.push_back(core);
    }
  }
  return all;
}

std::vector<Edge> edges_of(const Program& program, const ChipRun& run,
                           const RunStatistics& statistics) {
  std::vector<Edge> edges;
  edges.reserve(2 * program.commands.size() + statistics.stages.size() + 1);
  for (std::size_t i = 0; i < program.commands.size(); ++i) {
    const CommandTimes& times = run.commands[i];
    if (times.begin == times.end) continue;
    const Command& command = program.commands[i];
    const int unit = static_cast<int>(command.unit);
    for (const int core : cores_of(command, program.cores)) {
      const bool own = core == command.core;
      edges.push_back({times.begin, core, unit, +1, own});
      edges.push_back({times.end, core, unit, -1, own});
    }
  }
  for (const StageStatistics& stage : statistics.stages) edges.push_back({stage.begin});
  edges.push_back({run.cycles});
  std::stable_sort(edges.begin(), edges.end(),
                   [](const Edge& a, const Edge& b) { return a.time < b.time; });
  return edges;
}

/// When the last command of a stage ended for each core, and for the chip; fences are nobody's
/// work.
class LastEnds {
 public:
  LastEnds(const Program& program, const ChipRun& run)
      : cores_(static_cast<std::size_t>(program.cores)),
        ends_(program.stages.size() * cores_, 0),
        chip_(program.stages.size(), 0) {
    for (std::size_t i = 0; i < program.commands.size(); ++i) {
      const Command& command = program.commands[i];
      if (command.unit == Unit::sequencer) continue;
      for (const int at : cores_of(command, program.cores)) {
        Cycles& core = ends_[command.stage * cores_ + static_cast<std::size_t>(at)];
        core = std::max(core, run.commands[i].end);
      }
      chip_[command.stage] = std::max(chip_[command.stage], run.commands[i].end);
    }
  }
  /// `core` has nothing left to do in the stage while others work.
  [[nodiscard]] bool idle(std::size_t stage, std::size_t core, Cycles now) const {
    return now >= ends_[stage * cores_ + core] && now < chip_[stage];
  }

 private:
  std::size_t cores_;
  std::vector<Cycles> ends_;  // by stage and core
  std::vector<Cycles> chip_;
};

using Running = std::array<int, kUnits>;  // commands under way in a core, by unit

StallCause cause_of(const Running& running) {
  const auto runs = [&](Unit unit) { return running[static_cast<std::size_t>(unit)] > 0; };
  if (runs(Unit::fp16_tile)) return StallCause::fp16_tile;
  if (runs(Unit::sfu)) return StallCause::sfu;
  if (runs(Unit::dma_load) || runs(Unit::dma_store)) return StallCause::dram;
  if (runs(Unit::ring) || runs(Unit::link)) return StallCause::ring;
  return StallCause::token;
}

}  // namespace

void attribute_stalls(const Program& program, const ChipRun& run, RunStatistics& statistics) {
  const LastEnds last_ends(program, run);
  std::vector<Running> cores(static_cast<std::size_t>(program.cores));  // own and others' units
  std::vector<Running> own(cores.size());
  Cycles now = 0;
  std::size_t stage = 0;
  for (const Edge& edge : edges_of(program, run, statistics)) {
    if (edge.time > now) {
      while (stage + 1 < statistics.stages.size() && statistics.stages[stage].end <= now) ++stage;
      const Cycles length = edge.time - now;
      for (std::size_t core = 0; core < cores.size(); ++core) {
        const Running& running = cores[core];
        for (std::size_t unit = 0; unit < running.size(); ++unit) {
          if (own[core][unit] > 0) statistics.busy[unit] += length;
        }
        if (running[static_cast<std::size_t>(Unit::tile)] > 0) continue;
        const StallCause cause =
            last_ends.idle(stage, core, now) ? StallCause::idle : cause_of(running);
        statistics.stages[stage].stalls[static_cast<std::size_t>(cause)] += length;
      }
      now = edge.time;
    }
    const auto core = static_cast<std::size_t>(edge.core);
    const auto unit = static_cast<std::size_t>(edge.unit);
    cores[core][unit] += edge.change;
    if (edge.own) own[core][unit] += edge.change;
  }
}

}  // namespace nibble
