// A hand-made program together with the times at which its commands ran, as a chip would have
// reported them: for tests of what is derived from a run.
#pragma once

#include "sim/chip/chip_run.h"
#include "tests/sim/support/hand_made_program.h"

namespace nibble::test {

/// Two stages on a plain chip, 110 cycles. Cycle by cycle, the main array:
///   0..5 fence, 5..10 load only, 10..30 runs (12 rows, 2 folds, 4 for weights, 2 fill and drain),
///   30..45 SFU, 45..60 FP16 tile (beside the SFU until 50), 60..70 load only, 70..80 fence,
///   then the second stage: 80..95 nothing, 95..100 SFU, 100..110 fence.
struct MadeUpRun {
  HandMadeProgram made;
  ChipRun run;

  MadeUpRun() {
    ran(made.fence(), 0, 5);
    const auto tile = ran(made.tile(12), 10, 30);
    ran(made.sfu(320), 20, 50);
    const auto small = ran(made.tile(9, {}, {}, Unit::fp16_tile), 45, 60);
    ran(made.load(0, 512, 0), 5, 12);
    ran(made.load(512, 1024, 512), 8, 70);
    ran(made.fence(), 70, 80);
    made.open_stage("other", "update");
    ran(made.sfu(16), 95, 100);
    ran(made.store(4096, 64, 0), 100, 100);
    ran(made.fence(), 100, 110);
    run.cycles = 110;
    run.tile_activities.resize(run.commands.size());
    TileActivity& activity = run.tile_activities[tile];
    activity.cycles = 20;
    activity.streaming = 12;
    activity.fold = 2;
    activity.weight_load = 4;
    activity.fill_drain = 2;
    activity.b_rows_loaded = 16;
    activity.macs_issued = 12 * 16 * 16;
    activity.macs_useful = 12;
    activity.accumulations = 14 * 16;
    TileActivity& other = run.tile_activities[small];
    other.cycles = 15;
    other.streaming = 9;
    other.fill_drain = 6;
    other.b_rows_loaded = 16;
    other.macs_issued = 9 * 16 * 4;
    other.macs_useful = 9;
    other.accumulations = 9 * 4;
    run.segment_dram.resize(3);  // up to each fence
    DramStatistics moved;
    moved.bytes_read = 1536;
    add_dram(1, moved);
    moved = {};
    moved.bytes_written = 64;
    add_dram(2, moved);
    made.program().compulsory_bytes = 1600;
  }

  /// The memory counted `more` in a segment.
  void add_dram(std::size_t segment, const DramStatistics& more) {
    run.segment_dram[segment] += more;
    run.dram += more;
  }

 private:
  std::uint32_t ran(std::uint32_t command, Cycles begin, Cycles end) {
    run.commands.push_back({begin, end});
    return command;
  }
};

}  // namespace nibble::test
