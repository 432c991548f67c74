#include "sim/chip/chip_run.h"

namespace nibble {

Segment segment_at(const Program& program, std::uint32_t begin) {
  const auto commands = static_cast<std::uint32_t>(program.commands.size());
  std::uint32_t end = begin;
  while (end < commands && program.commands[end].unit != Unit::sequencer) ++end;
  return {begin, end < commands ? end + 1 : end};
}

void append_segment(ChipRun& run, ChipRun segment) {
  for (CommandTimes& times : segment.commands) {
    run.commands.push_back({times.begin + run.cycles, times.end + run.cycles});
  }
  run.tile_activities.insert(run.tile_activities.end(), segment.tile_activities.begin(),
                             segment.tile_activities.end());
  run.cycles += segment.cycles;
  run.segment_dram.insert(run.segment_dram.end(), segment.segment_dram.begin(),
                          segment.segment_dram.end());
}

ChipRun run_chip(const ChipConfig& config, const Program& program, TileExecutor& executor) {
  ChipSimulator simulator(config);
  ChipRun run;
  run.commands.reserve(program.commands.size());
  run.tile_activities.reserve(program.commands.size());
  for (std::uint32_t next = 0; next < program.commands.size();) {
    const Segment segment = segment_at(program, next);
    append_segment(run, simulator.run(program, segment, executor));
    next = segment.end;
  }
  run.dram = simulator.dram_statistics();
  return run;
}

}  // namespace nibble
