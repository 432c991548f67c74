#include "sim/stats/conservation.h"

#include <numeric>
#include <stdexcept>

#include <fmt/format.h>

namespace nibble {
namespace {

[[noreturn]] void broken(const std::string& law) { throw std::logic_error("conservation: " + law); }

bool overlap(const TileCommand& a, const TileCommand& b) {
  const auto meet = [](std::int64_t a_begin, std::int64_t a_end, std::int64_t b_begin,
                       std::int64_t b_end) { return a_begin < b_end && b_begin < a_end; };
  return meet(a.m_begin, a.m_end, b.m_begin, b.m_end) &&
         meet(a.n_begin, a.n_end, b.n_begin, b.n_end) &&
         meet(a.k_begin, a.k_end, b.k_begin, b.k_end);
}

/// The blocks of a GEMM's commands are disjoint and add up to M*N*K: every MAC exactly once. What
/// the backends counted must be the same.
void check_macs(const Program& program, const ChipRun& run) {
  std::vector<std::vector<const TileCommand*>> blocks(program.gemms.size());
  std::vector<std::int64_t> macs(program.gemms.size());
  for (std::size_t i = 0; i < program.commands.size(); ++i) {
    const auto* command = std::get_if<TileCommand>(&program.commands[i].body);
    if (command == nullptr) continue;
    for (const TileCommand* other : blocks[command->gemm]) {
      if (overlap(*command, *other)) {
        broken(fmt::format("GEMM {} of {}: two commands compute the same products", command->gemm,
                           program.gemms[command->gemm].layer));
      }
    }
    blocks[command->gemm].push_back(command);
    const std::int64_t block = (command->m_end - command->m_begin) *
                               (command->n_end - command->n_begin) *
                               (command->k_end - command->k_begin);
    if (run.tile_activities[i].macs_useful != block) {
      broken(fmt::format("command {} at cycle {}: {} computed {} MACs of {}", i,
                         run.commands[i].begin,
                         kUnitNames[static_cast<int>(program.commands[i].unit)],
                         run.tile_activities[i].macs_useful, block));
    }
    macs[command->gemm] += block;
  }
  for (std::size_t g = 0; g < macs.size(); ++g) {
    const std::int64_t wanted = program.gemms[g].lowered.shape.macs();
    if (macs[g] != wanted) {
      broken(
          fmt::format("GEMM {} of {}: {} MACs of {}", g, program.gemms[g].layer, macs[g], wanted));
    }
  }
}

void check_cycles(const Program& program, const RunStatistics& statistics) {
  for (std::size_t s = 0; s < statistics.stages.size(); ++s) {
    const StageStatistics& stage = statistics.stages[s];
    const Cycles accounted =
        std::accumulate(stage.stalls.begin(), stage.stalls.end(), stage.streaming);
    if (accounted != stage.cycles()) {
      broken(fmt::format("tile in stage {} {} from cycle {}: busy + stalls = {}, cycles = {}",
                         program.stages[s].layer, program.stages[s].pass, stage.begin, accounted,
                         stage.cycles()));
    }
  }
}

void check_bytes(const Program& program, const RunStatistics& statistics) {
  const Bytes asked = statistics.total.dram_read + statistics.total.dram_written;
  const Bytes moved = statistics.dram.bytes_read + statistics.dram.bytes_written;
  if (asked < program.compulsory_bytes) {
    broken(fmt::format("DMA moved {} bytes, {} are compulsory", asked, program.compulsory_bytes));
  }
  if (moved < asked) broken(fmt::format("DRAM moved {} bytes, the DMA asked for {}", moved, asked));
}

}  // namespace

void check_conservation(const Program& program, const ChipConfig& config, const ChipRun& run,
                        const RunStatistics& statistics) {
  check_macs(program, run);
  check_cycles(program, statistics);
  if (!config.ideal_dram) check_bytes(program, statistics);
}

}  // namespace nibble
