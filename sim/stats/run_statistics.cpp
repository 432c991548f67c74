#include "sim/stats/run_statistics.h"

#include <algorithm>

#include "sim/chip/ring.h"
#include "sim/stats/conservation.h"
#include "sim/stats/stall_attribution.h"

namespace nibble {
namespace {

/// Scratchpad traffic of a tile command: A rows and B rows in, C rows out.
void count_tile_bytes(const TileGeometry& tile, const TileCommand& command,
                      const TileActivity& activity, ActionCounts& actions) {
  const int bits = operand_bits(tile.precision);
  actions.scratchpad_read += activity.streaming * tile.lanes * bits / 8;
  actions.scratchpad_read += activity.b_rows_loaded * tile.cols * bits / 8;
  if (command.k_end == command.shape.k) {
    actions.scratchpad_written += (command.g_end - command.g_begin) *
                                  (command.m_end - command.m_begin) *
                                  (command.n_end - command.n_begin) * 2;
  }
}

void count_tile(const ChipConfig& config, Unit unit, const TileCommand& command,
                const TileActivity& activity, StageStatistics& stage) {
  const TileGeometry tile =
      (unit == Unit::fp16_tile ? *config.fp16_tile : config.tile).running(command.precision);
  stage.macs_useful += activity.macs_useful;
  stage.macs_issued += activity.macs_issued;
  if (unit == Unit::tile) {
    stage.array_macs_useful += activity.macs_useful;
    stage.streaming += activity.streaming + activity.fold;
    stage.stalls[static_cast<std::size_t>(StallCause::weight_load)] += activity.weight_load;
    stage.stalls[static_cast<std::size_t>(StallCause::fill_drain)] += activity.fill_drain;
  }
  ActionCounts& actions = stage.actions;
  if (tile.precision == TilePrecision::fp16) {
    actions.fp16_macs += activity.macs_issued;
    actions.fp16_macs_useful += activity.macs_useful;
  } else if (tile.precision == TilePrecision::fp8) {
    actions.fp8_macs += activity.macs_issued;
    actions.fp8_macs_useful += activity.macs_useful;
  } else if (is_integer(command.arithmetic.stream)) {
    actions.int4_macs += activity.macs_issued;
    actions.int4_macs_useful += activity.macs_useful;
  } else if (command.arithmetic.stream == StreamFormat::fp4_odd) {
    actions.fp4_odd_macs += activity.macs_issued;
    actions.fp4_odd_macs_useful += activity.macs_useful;
  } else {
    actions.fp4_even_macs += activity.macs_issued;
    actions.fp4_even_macs_useful += activity.macs_useful;
  }
  actions.accumulations += activity.accumulations;
  if (tile.precision != TilePrecision::nibble4) actions.fp16_additions += activity.accumulations;
  count_tile_bytes(tile, command, activity, actions);
}

/// A ring all-reduce. Reduce-scatter: a piece goes out, one comes in and is added to the chip's
/// own. All-gather: a sum goes out, one comes in. Each half moves (W-1)/W of the bytes each way.
/// ASSUMED: an adder beside the link works at its rate, an addition costs what an SFU lane's does;
/// a network card that reduces in passing does the same work elsewhere.
void count_exchange(int workers, Bytes bytes, ActionCounts& actions) {
  constexpr Bytes kGradientBytes = 2;
  const Bytes half = (workers - 1) * bytes / workers;
  actions.link_bytes += 2 * (workers - 1) * bytes / workers;
  actions.sfu_operations += half / kGradientBytes;
  actions.scratchpad_read += 3 * half;     // both pieces that go out, and the chip's own
  actions.scratchpad_written += 2 * half;  // the sum, and the sums of others
}

void count_command(const ChipConfig& config, const Ring& ring, const Command& command,
                   const TileActivity& activity, StageStatistics& stage) {
  if (const auto* tile = std::get_if<TileCommand>(&command.body)) {
    count_tile(config, command.unit, *tile, activity, stage);
  } else if (const auto* sfu = std::get_if<SfuCommand>(&command.body)) {
    for (const SfuStep step : sfu->steps) {
      stage.actions.sfu_operations +=
          sfu->elements * config.sfu.step_cycles[static_cast<std::size_t>(step)];
    }
    for (const ScratchpadRange& range : command.scratchpad) {
      (range.write ? stage.actions.scratchpad_written : stage.actions.scratchpad_read) +=
          range.end - range.begin;
    }
  } else if (const auto* transfer = std::get_if<DmaTransfer>(&command.body)) {
    const bool load = command.unit == Unit::dma_load;
    (load ? stage.dram_read : stage.dram_written) += transfer->bytes;
    if (!load) stage.actions.scratchpad_read += transfer->bytes;
    stage.actions.scratchpad_written +=
        transfer->bytes * static_cast<Bytes>(receivers_of(command).size());
    if (config.cores > 1) {
      const std::vector<RingRoute> routes = ring.routes_of(command);
      stage.actions.ring_byte_hops += transfer->bytes * ring.hops(routes);
      (load ? stage.ring_loaded : stage.ring_stored) += transfer->bytes * ring.trains(routes);
    }
  } else if (const auto* copy = std::get_if<RingTransfer>(&command.body)) {
    stage.actions.scratchpad_read += copy->bytes;
    stage.actions.scratchpad_written +=
        copy->bytes * static_cast<Bytes>(receivers_of(command).size());
    stage.actions.ring_byte_hops += copy->bytes * ring.hops(ring.routes_of(command));
  } else if (const auto* exchange = std::get_if<LinkTransfer>(&command.body)) {
    count_exchange(config.link.workers, exchange->bytes, stage.actions);
  }
}

/// Gives each stage what the memory did in its segments: a fence closes a segment and a stage.
void assign_dram(const Program& program, const ChipRun& run, RunStatistics& statistics) {
  std::uint32_t next = 0;
  for (const DramStatistics& dram : run.segment_dram) {
    const Segment segment = segment_at(program, next);
    if (segment.begin == segment.end)
      break;  // more segments than the program has: a law catches it
    statistics.stages[program.commands[segment.end - 1].stage].dram += dram;
    next = segment.end;
  }
}

}  // namespace

ActionCounts& ActionCounts::operator+=(const ActionCounts& other) {
  int4_macs += other.int4_macs;
  fp4_even_macs += other.fp4_even_macs;
  fp4_odd_macs += other.fp4_odd_macs;
  fp16_macs += other.fp16_macs;
  fp8_macs += other.fp8_macs;
  int4_macs_useful += other.int4_macs_useful;
  fp4_even_macs_useful += other.fp4_even_macs_useful;
  fp4_odd_macs_useful += other.fp4_odd_macs_useful;
  fp16_macs_useful += other.fp16_macs_useful;
  fp8_macs_useful += other.fp8_macs_useful;
  accumulations += other.accumulations;
  fp16_additions += other.fp16_additions;
  sfu_operations += other.sfu_operations;
  scratchpad_read += other.scratchpad_read;
  scratchpad_written += other.scratchpad_written;
  ring_byte_hops += other.ring_byte_hops;
  link_bytes += other.link_bytes;
  return *this;
}

StageStatistics& StageStatistics::operator+=(const StageStatistics& next) {
  end = next.end;
  streaming += next.streaming;
  for (std::size_t cause = 0; cause < stalls.size(); ++cause) stalls[cause] += next.stalls[cause];
  macs_useful += next.macs_useful;
  macs_issued += next.macs_issued;
  array_macs_useful += next.array_macs_useful;
  dram_read += next.dram_read;
  dram_written += next.dram_written;
  dram += next.dram;
  ring_loaded += next.ring_loaded;
  ring_stored += next.ring_stored;
  actions += next.actions;
  return *this;
}

void RunStatistics::append(const RunStatistics& later) {
  const Cycles shift = total.end;
  for (StageStatistics stage : later.stages) {
    stage.begin += shift;
    stage.end += shift;
    total += stage;
    stages.push_back(stage);
  }
  for (std::size_t unit = 0; unit < busy.size(); ++unit) busy[unit] += later.busy[unit];
  dram += later.dram;
  memory_links = later.memory_links;
}

RunStatistics collect_statistics(const Program& program, const ChipConfig& config,
                                 const ChipRun& run) {
  RunStatistics statistics;
  const Ring ring(config.cores, config.ring);
  statistics.dram = run.dram;
  statistics.memory_links = ring.memory_links();
  statistics.stages.resize(program.stages.size());
  for (std::size_t i = 0; i < program.commands.size(); ++i) {
    const Command& command = program.commands[i];
    StageStatistics& stage = statistics.stages[command.stage];
    stage.end = std::max(stage.end, run.commands[i].end);
    count_command(config, ring, command, run.tile_activities[i], stage);
  }
  // A stage begins where the one before has ended: stages partition the run.
  for (std::size_t s = 0; s < statistics.stages.size(); ++s) {
    if (s > 0) statistics.stages[s].begin = statistics.stages[s - 1].end;
    if (s + 1 == statistics.stages.size()) statistics.stages[s].end = run.cycles;
  }
  attribute_stalls(program, run, statistics);
  assign_dram(program, run, statistics);

  for (const StageStatistics& stage : statistics.stages) statistics.total += stage;
  check_conservation(program, config, run, statistics);
  return statistics;
}

}  // namespace nibble
