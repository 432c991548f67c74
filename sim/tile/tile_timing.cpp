#include "sim/tile/tile_timing.h"

#include <algorithm>

#include "sim/tile/tile_schedule.h"

namespace nibble {
namespace {

Cycles waited(Cycles load, Cycles busy) { return std::max<Cycles>(0, load - busy); }

/// Clocks in which B is waited for: each load runs beside the pass before it, the first beside
/// nothing. All blocks of rows but the last have as many rows as the first.
Cycles weight_load(const TileSchedule& schedule, Cycles load) {
  const TilePass last = schedule.pass(schedule.passes() - 1);
  const Cycles behind_last = waited(load, last.busy_cycles());
  // A single chunk stays in place for a walk over the rows: only the first pass of a walk loads.
  if (schedule.chunks() == 1) return load + (schedule.column_walks() - 1) * behind_last;
  const std::int64_t folded = schedule.folded_chunks();
  const auto behind_block = [&](Cycles rows) {
    return (schedule.chunks() - folded) * waited(load, rows) + folded * waited(load, 2 * rows);
  };
  const Cycles walk =
      (schedule.row_blocks() - 1) * behind_block(schedule.pass(0).rows) + behind_block(last.rows);
  return load + schedule.column_walks() * walk - behind_last;
}

}  // namespace

// nibble4: nb_tile's stages 2 to 6. fp16: the sum ripples down the lanes, then one addition. fp8:
// ASSUMED: the ripple of the FP16 array it runs on, whose lanes add two products each at once; no
// RTL of it exists.
Cycles tile_latency(const TileGeometry& geometry) {
  switch (geometry.precision) {
    case TilePrecision::nibble4:
      return 5;
    case TilePrecision::fp16:
      return geometry.lanes + 1;
    case TilePrecision::fp8:
      return geometry.lanes / 2 + 1;
  }
  return 0;
}

// A row of B a clock. fp8, ASSUMED: two rows, as two 8-bit codes share a cell and the 16 bits that
// lead to it, just as two of A share a lane's: RaPiD's engines do twice the MACs in HFP8 with the
// same registers and ports [RAPID].
Cycles tile_load_cycles(const TileGeometry& geometry) {
  const std::int64_t rows = geometry.precision == TilePrecision::fp8 ? 2 : 1;
  return ceil_div(std::int64_t{geometry.lanes}, rows);
}

TileActivity tile_activity(const TileCommand& command, const TileGeometry& geometry) {
  const TileSchedule schedule(command, geometry);
  TileActivity activity;
  const std::int64_t rows = schedule.column_walks() * (command.m_end - command.m_begin);
  const std::int64_t loads = schedule.chunks() == 1 ? schedule.column_walks() : schedule.passes();
  activity.streaming = rows * schedule.chunks();
  activity.fold = rows * schedule.folded_chunks();
  activity.weight_load = weight_load(schedule, tile_load_cycles(geometry));
  activity.fill_drain = tile_latency(geometry);
  activity.cycles = activity.streaming + activity.fold + activity.weight_load + activity.fill_drain;
  activity.b_rows_loaded = loads * geometry.lanes * geometry.tiles;
  activity.macs_issued = activity.streaming * geometry.macs_per_cycle();
  activity.macs_useful = useful_macs(command);
  activity.accumulations = (activity.streaming + activity.fold) * geometry.columns();
  return activity;
}

TileActivity peak_rate_activity(const TileCommand& command, const TileGeometry& geometry) {
  TileActivity activity;
  activity.b_rows_loaded = tile_activity(command, geometry).b_rows_loaded;
  activity.macs_useful = activity.macs_issued = useful_macs(command);
  activity.cycles = activity.streaming = ceil_div(activity.macs_useful, geometry.macs_per_cycle());
  activity.accumulations = ceil_div(activity.macs_useful, std::int64_t{geometry.lanes});
  return activity;
}

}  // namespace nibble
