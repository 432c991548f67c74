#include "sim/tile/tile_timing.h"

#include <algorithm>

#include "sim/tile/tile_schedule.h"

namespace nibble {

// nibble4: nb_tile's stages 2 to 6. fp16: the sum ripples down the lanes, then one addition.
Cycles tile_latency(const TileGeometry& geometry) {
  return geometry.precision == TilePrecision::nibble4 ? 5 : geometry.lanes + 1;
}

TileActivity tile_activity(const TileCommand& command, const TileGeometry& geometry) {
  const TileSchedule schedule(command, geometry);
  TileActivity activity;
  std::int64_t loads = 0;
  Cycles busy = 0;  // of the pass before: the load of a pass runs beside it
  for (std::int64_t i = 0; i < schedule.passes(); ++i) {
    const TilePass pass = schedule.pass(i);
    const Cycles load = pass.loads ? geometry.lanes : 0;
    activity.weight_load += std::max<Cycles>(0, load - busy);
    activity.streaming += pass.rows;
    activity.fold += pass.busy_cycles() - pass.rows;
    loads += load;
    busy = pass.busy_cycles();
  }
  activity.fill_drain = tile_latency(geometry);
  activity.cycles = activity.streaming + activity.fold + activity.weight_load + activity.fill_drain;
  activity.b_rows_loaded = loads * geometry.tiles;
  activity.macs_issued = activity.streaming * geometry.macs_per_cycle();
  activity.macs_useful = (command.m_end - command.m_begin) * (command.n_end - command.n_begin) *
                         (command.k_end - command.k_begin);
  activity.accumulations = (activity.streaming + activity.fold) *
                           static_cast<std::int64_t>(geometry.cols) * geometry.tiles;
  return activity;
}

}  // namespace nibble
