#include "sim/stats/conservation.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <set>
#include <stdexcept>

#include <fmt/format.h>

namespace nibble {
namespace {

[[noreturn]] void broken(const std::string& law) { throw std::logic_error("conservation: " + law); }

/// Half-open ranges of a block in g, m, n and k.
using Box = std::array<std::pair<std::int64_t, std::int64_t>, 4>;

Box box_of(const TileCommand& command) {
  return {{{command.g_begin, command.g_end},
           {command.m_begin, command.m_end},
           {command.n_begin, command.n_end},
           {command.k_begin, command.k_end}}};
}

bool overlap(const Box& a, const Box& b) {
  for (std::size_t d = 0; d < a.size(); ++d) {
    if (a[d].first >= b[d].second || b[d].first >= a[d].second) return false;
  }
  return true;
}

/// The dimension along which the boxes begin at most places: a sweep along it meets few at a time.
std::size_t sweep_dimension(const std::vector<Box>& boxes) {
  std::size_t best = 0;
  std::size_t most = 0;
  for (std::size_t d = 0; d < Box().size(); ++d) {
    std::set<std::int64_t> begins;
    for (const Box& box : boxes) begins.insert(box[d].first);
    if (begins.size() > most) most = begins.size(), best = d;
  }
  return best;
}

bool disjoint(std::vector<Box> boxes) {
  const std::size_t d = sweep_dimension(boxes);
  std::sort(boxes.begin(), boxes.end(),
            [d](const Box& a, const Box& b) { return a[d].first < b[d].first; });
  std::vector<Box> open;
  for (const Box& box : boxes) {
    open.erase(std::remove_if(open.begin(), open.end(),
                              [&](const Box& other) { return other[d].second <= box[d].first; }),
               open.end());
    for (const Box& other : open) {
      if (overlap(box, other)) return false;
    }
    open.push_back(box);
  }
  return true;
}

/// The blocks of a GEMM's commands are disjoint and add up to G*M*N*K: every MAC exactly once. What
/// the backends counted must be the same.
void check_macs(const Program& program, const ChipRun& run) {
  std::vector<std::vector<Box>> blocks(program.gemms.size());
  std::vector<std::int64_t> macs(program.gemms.size());
  std::vector<std::int64_t> stage_macs(program.stages.size());
  for (std::size_t i = 0; i < program.commands.size(); ++i) {
    const auto* command = std::get_if<TileCommand>(&program.commands[i].body);
    if (command == nullptr) continue;
    const Box box = box_of(*command);
    std::int64_t block = 1;
    for (const auto& [begin, end] : box) block *= end - begin;
    if (run.tile_activities[i].macs_useful != block) {
      broken(fmt::format("command {} at cycle {}: {} computed {} MACs of {}", i,
                         run.commands[i].begin,
                         kUnitNames[static_cast<int>(program.commands[i].unit)],
                         run.tile_activities[i].macs_useful, block));
    }
    macs[command->gemm] += block;
    stage_macs[program.commands[i].stage] += block;
    blocks[command->gemm].push_back(box);
  }
  for (std::size_t g = 0; g < macs.size(); ++g) {
    const std::int64_t wanted = program.gemms[g].lowered.macs();
    const std::string& layer = program.gemms[g].layer;
    if (!disjoint(std::move(blocks[g]))) {
      broken(fmt::format("GEMM {} of {}: two commands compute the same products", g, layer));
    }
    if (macs[g] != wanted) {
      broken(fmt::format("GEMM {} of {}: {} MACs of {}", g, layer, macs[g], wanted));
    }
  }
  // Cores that share out a reduction compute GEMMs of their own; the stage knows the whole ones.
  for (std::size_t s = 0; s < stage_macs.size(); ++s) {
    const Stage& stage = program.stages[s];
    if (stage_macs[s] == stage.macs) continue;
    broken(fmt::format("stage {} {}: {} MACs of {}", stage.layer, stage.pass, stage_macs[s],
                       stage.macs));
  }
}

void check_cycles(const Program& program, const ChipConfig& config,
                  const RunStatistics& statistics) {
  for (std::size_t s = 0; s < statistics.stages.size(); ++s) {
    const StageStatistics& stage = statistics.stages[s];
    const Cycles accounted =
        std::accumulate(stage.stalls.begin(), stage.stalls.end(), stage.streaming);
    const Cycles cycles = stage.cycles() * config.cores;
    if (accounted != cycles) {
      broken(fmt::format("tile in stage {} {} from cycle {}: busy + stalls = {}, cycles = {}",
                         program.stages[s].layer, program.stages[s].pass, stage.begin, accounted,
                         cycles));
    }
  }
}

/// In every stage, what the DRAM moved covers what the DMA asked for, in either direction.
void check_bytes(const Program& program, const RunStatistics& statistics) {
  for (std::size_t s = 0; s < statistics.stages.size(); ++s) {
    const StageStatistics& stage = statistics.stages[s];
    const auto check = [&](const char* what, Bytes moved, Bytes asked) {
      if (moved >= asked) return;
      broken(fmt::format("stage {} {} from cycle {}: DRAM {} {} bytes, the DMA asked for {}",
                         program.stages[s].layer, program.stages[s].pass, stage.begin, what, moved,
                         asked));
    };
    check("read", stage.dram.bytes_read, stage.dram_read);
    check("wrote", stage.dram.bytes_written, stage.dram_written);
  }
}

/// The stages have all that the memory did in the run, and nothing else.
void check_dram(const RunStatistics& statistics) {
  if (statistics.total.dram == statistics.dram) return;
  broken(fmt::format(
      "DRAM: the stages have {} bursts, {} activates and {} refreshes of {}, {} and {}",
      statistics.total.dram.bursts(), statistics.total.dram.count(DramCommandKind::activate),
      statistics.total.dram.count(DramCommandKind::refresh_all), statistics.dram.bursts(),
      statistics.dram.count(DramCommandKind::activate),
      statistics.dram.count(DramCommandKind::refresh_all)));
}

}  // namespace

void check_compulsory_bytes(Bytes compulsory_bytes, const RunStatistics& statistics) {
  const Bytes asked = statistics.total.dram_read + statistics.total.dram_written;
  if (asked < compulsory_bytes) {
    broken(fmt::format("DMA moved {} bytes, {} are compulsory", asked, compulsory_bytes));
  }
}

void check_conservation(const Program& program, const ChipConfig& config, const ChipRun& run,
                        const RunStatistics& statistics) {
  check_macs(program, run);
  check_cycles(program, config, statistics);
  check_dram(statistics);
  if (config.ideal_dram) return;
  check_bytes(program, statistics);
  check_compulsory_bytes(program.compulsory_bytes, statistics);
}

}  // namespace nibble
