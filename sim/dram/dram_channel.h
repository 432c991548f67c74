// One DRAM channel: banks, queues and the scheduler that decides which command leaves in which
// clock. Fed by DramSystem, in clocks only. Event driven: it jumps from decision to decision, and
// equals the clock-by-clock rules below (tests/sim/dram/tick_twin.h holds them a second time).
//
// At every edge, after what was submitted up to it has entered the queues:
//  1. Mode: reads turn to writes if writes >= write_drain_start or only writes wait; writes turn to
//     reads if reads wait and writes <= write_drain_stop or none.
//  2. From the refresh's due edge on only PREA (if a row is open) and REF are issued.
//  3. Column command: columns whose activate was already paid in the other mode come first, alone;
//     otherwise row hits of the mode's queue. The oldest of those whose bank is ready.
//  4. Else the oldest entry of the mode's queue whose bank is ready for ACT (closed) or PRE (open,
//     no hit waits in this mode, no paid activate of the other mode is left).
//  5. With two command buses, 1 and 4 once more after a column command, at the same edge.
// An entry leaves with its column command; the next waiting burst takes its place at the next edge.
// Simplified: one rank, one command a clock on a bus, no read is served from the write queue.
#pragma once

#include <algorithm>
#include <limits>
#include <vector>

#include "sim/dram/channel_state.h"
#include "sim/dram/dram_statistics.h"

namespace nibble {

class DramChannel {
 public:
  static constexpr DramClock kNever = std::numeric_limits<DramClock>::max();

  explicit DramChannel(const DramConfig& config);

  /// Offers `count` bursts from channel-local burst `first` on, visible from edge `at` on, which is
  /// neither decided nor before an earlier submission's. `tag` comes back in finished(), for a
  /// posted write that certainly finds room at once. Returns the run, for soonest_finish().
  std::uint32_t submit(DramClock at, Access access, std::int64_t first, std::int64_t count,
                       std::uint64_t tag);

  /// Makes every decision at edges before `limit` final; what was submitted for edges up to `limit`
  /// is in the queues afterwards, or waits in front of them.
  void commit_before(DramClock limit);
  /// Something was submitted for an edge that is not reached.
  [[nodiscard]] bool has_offers() const { return !offers_.empty(); }

  /// Serves all bursts, precharges, refreshes; returns the first edge at which every rule is met.
  [[nodiscard]] DramClock drain_and_refresh();
  /// Canonical state at edge `clock`: all banks closed and ready, refresh due one tREFI later.
  void restart_at(DramClock clock);

  /// Nothing that is not in finished() yet finishes before this edge, if nothing is submitted.
  [[nodiscard]] DramClock soonest_finish() const;
  /// The same for one run, whatever is submitted in between.
  [[nodiscard]] DramClock soonest_finish(std::uint32_t run) const {
    const ChannelRun& r = state_.runs[run];
    const ChannelQueue& queue = state_.queues[static_cast<int>(r.access)];
    // A column command of its kind lets one burst in, also those that wait before its own.
    const std::int64_t outside = r.last_arrival - (queue.arrivals - queue.waiting_bursts);
    const std::int64_t columns =
        std::max<std::int64_t>(outside - (queue.capacity - queue.count), 0);
    if (r.posted && columns == 0) return state_.base + state_.clock + 1;
    if (r.posted) return next_command() + (columns - 1) * state_.burst_clocks + 1;
    // Writes may be turned to at any time, by a write that fills its queue.
    const DramClock next = r.access == Access::read ? next_command() : state_.base + state_.clock;
    return next + std::max(r.to_finish, columns + 1) * state_.burst_clocks + queue.column_latency;
  }
  [[nodiscard]] bool has_room(Access access, std::int64_t count) const;
  [[nodiscard]] std::int64_t pending_bursts() const;

  /// What finished since the caller last emptied it.
  [[nodiscard]] std::vector<ChannelFinish>& finished() { return state_.finished; }
  [[nodiscard]] DramStatistics statistics() const;
  void log_commands(std::vector<DramCommand>* log) { state_.log = log; }

 private:
  struct Offer {
    Offer(DramClock a, std::uint32_t r) : at(a), run(r) {}
    DramClock at;
    std::uint32_t run;
  };

  void decide_before(DramClock limit);
  /// Its edge has come: into the queue, or in front of it.
  void take(std::uint32_t run);
  /// No command leaves before, unless something is submitted for an earlier edge.
  [[nodiscard]] DramClock next_command() const {
    const DramClock quiet = state_.base + state_.quiet_until;
    const DramClock changed = offers_.empty() ? quiet : std::min(quiet, offers_.front().at);
    return std::max(state_.base + state_.clock, changed);
  }
  ChannelState state_;
  Bytes burst_bytes_;
  std::vector<Offer> offers_;  // submitted for an edge that is not reached yet, in order
  bool posted_writes_;
};

}  // namespace nibble
