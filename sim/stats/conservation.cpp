#include "sim/stats/conservation.h"

#include <numeric>
#include <stdexcept>

#include <fmt/format.h>

namespace nibble {
namespace {

[[noreturn]] void broken(const std::string& law) { throw std::logic_error("conservation: " + law); }

/// The blocks of a GEMM's commands must add up to M*N*K; their backends must have counted the same.
void check_macs(const Program& program, const ChipRun& run) {
  std::vector<std::int64_t> macs(program.gemms.size());
  for (std::size_t i = 0; i < program.commands.size(); ++i) {
    const auto* command = std::get_if<TileCommand>(&program.commands[i].body);
    if (command == nullptr) continue;
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
