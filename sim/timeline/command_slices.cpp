#include "sim/timeline/command_slices.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

namespace nibble {
namespace {

struct Describe {
  Slice& slice;
  const Command& command;

  void operator()(const Fence& /*fence*/) const { slice.kind = "fence"; }
  void operator()(const DmaTransfer& transfer) const {
    slice.kind = command.unit == Unit::dma_load ? "load" : "store";
    slice.bytes = transfer.bytes;
    slice.detail = fmt::format("DRAM address {:#x}", transfer.dram_address);
    const std::vector<int> receivers = receivers_of(command);
    if (receivers.size() > 1) slice.detail += fmt::format(", to {} cores", receivers.size());
  }
  void operator()(const TileCommand& tile) const {
    slice.kind = "gemm";
    slice.detail = fmt::format("m {}:{}, n {}:{}, k {}:{}", tile.m_begin, tile.m_end, tile.n_begin,
                               tile.n_end, tile.k_begin, tile.k_end);
    if (tile.g_end - tile.g_begin > 1 || tile.g_begin > 0) {
      slice.detail = fmt::format("groups {}:{}, ", tile.g_begin, tile.g_end) + slice.detail;
    }
  }
  void operator()(const SfuCommand& sfu) const {
    for (const SfuStep step : sfu.steps) {
      slice.kind += slice.kind.empty() ? "" : "+";
      slice.kind += kSfuStepNames[static_cast<std::size_t>(step)];
    }
    slice.elements = sfu.elements;
    slice.bytes = sfu.port_bytes;
  }
  void operator()(const RingTransfer& copy) const {
    slice.kind = "copy";
    slice.bytes = copy.bytes;
    slice.detail =
        fmt::format("from core {} to {}", copy.from, fmt::join(receivers_of(command), ", "));
  }
  void operator()(const LinkTransfer& exchange) const {
    slice.kind = "exchange";
    slice.bytes = exchange.bytes;
  }
};

/// `idle_since`: the unit had nothing under way from then on, up to the command's begin.
SliceWait wait_of(const Program& program, const ChipRun& run, StageCommands commands,
                  std::uint32_t index, Cycles idle_since) {
  SliceWait wait;
  const Cycles begin = run.commands[index].begin;
  wait.cycles = std::max<Cycles>(0, begin - idle_since);
  if (wait.cycles == 0) return wait;
  for (const std::uint32_t token : program.commands[index].waits) {
    if (run.commands[token].end != begin) continue;
    const Command& owed = program.commands[token];
    wait.for_token = true;
    wait.unit = owed.unit;
    wait.core = owed.core;
    wait.command = token - commands.begin;
  }
  return wait;
}

}  // namespace

std::vector<Slice> command_slices(const Program& program, const ChipRun& run,
                                  StageCommands commands) {
  // A stage begins with the end of the one before.
  const Cycles stage_begin = commands.begin == 0 ? 0 : run.commands[commands.begin - 1].end;
  std::map<std::pair<int, Unit>, Cycles> unit_free;
  std::vector<Slice> slices;
  slices.reserve(commands.end - commands.begin);
  for (std::uint32_t index = commands.begin; index < commands.end; ++index) {
    const Command& command = program.commands[index];
    const CommandTimes& times = run.commands[index];
    Cycles& free = unit_free.try_emplace({command.core, command.unit}, stage_begin).first->second;
    Slice slice;
    slice.unit = command.unit;
    slice.core = command.core;
    slice.stage = command.stage;
    slice.command = index - commands.begin;
    slice.begun = times.begin;
    slice.begin = std::max(times.begin, free);
    slice.end = times.end;
    slice.busy = slice.end - slice.begin;
    if (command.unit != Unit::sequencer) slice.wait = wait_of(program, run, commands, index, free);
    std::visit(Describe{slice, command}, command.body);
    const TileActivity& activity = run.tile_activities[index];
    slice.macs = activity.macs_useful;
    slice.streaming = activity.streaming + activity.fold;
    slice.weight_load = activity.weight_load;
    slice.fill_drain = activity.fill_drain;
    free = slice.end;
    slices.push_back(std::move(slice));
  }
  return slices;
}

}  // namespace nibble
