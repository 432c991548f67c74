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
// An entry leaves with its column command; the next waiting burst takes its place at the next edge.
// Simplified: one rank, one command a clock of any kind, no read is served from the write queue.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <limits>
#include <vector>

#include "sim/dram/address_mapping.h"
#include "sim/dram/dram_statistics.h"
#include "sim/dram/timing_table.h"

namespace nibble {

/// The part of a transaction that one channel serves is done at `clock`.
struct ChannelFinish {
  std::uint32_t tag = 0;
  DramClock clock = 0;
};

class DramChannel {
 public:
  static constexpr DramClock kNever = std::numeric_limits<DramClock>::max();

  explicit DramChannel(const DramConfig& config);

  /// Offers `count` bursts from channel-local burst `first` on, visible at the next undecided edge.
  /// `tag` comes back in finished().
  void submit(Access access, std::int64_t first, std::int64_t count, std::uint32_t tag);

  /// Makes every decision at edges before `limit` final.
  void commit_before(DramClock limit);

  /// Serves all bursts, precharges, refreshes; returns the first edge at which every rule is met.
  [[nodiscard]] DramClock drain_and_refresh();
  /// Canonical state at edge `clock`: all banks closed and ready, refresh due one tREFI later.
  void restart_at(DramClock clock);

  /// Calls visit(tag, edge) for every part of a transaction that is not finished: it finishes at
  /// `edge` or later, whatever is submitted in between.
  template <class Visit>
  void visit_unfinished(Visit&& visit) const {
    for (const Run& run : runs_) {
      if (run.open) visit(run.tag, earliest_finish(run));
    }
  }
  [[nodiscard]] bool has_room(Access access, std::int64_t count) const;
  [[nodiscard]] std::int64_t pending_bursts() const;

  /// What finished since the caller last emptied it.
  [[nodiscard]] std::vector<ChannelFinish>& finished() { return finished_; }
  [[nodiscard]] const DramStatistics& statistics() const { return statistics_; }
  void log_commands(std::vector<DramCommand>* log) { log_ = log; }

 private:
  static constexpr int kBanks = DramConfig::kMaxBanks;
  static constexpr int kClosed = -1;

  /// Consecutive bursts of one transaction in this channel.
  struct Run {
    std::uint32_t tag = 0;
    std::int64_t next = 0;       // the next burst to enter the queue
    std::int64_t to_enter = 0;   // bursts still outside it
    std::int64_t to_finish = 0;  // bursts without their column command
    bool open = false;           // its finish has not been reported
    bool posted = false;         // finishes when it has entered
    bool is_read = false;
  };
  struct Entry {
    BurstPlace place;
    std::uint32_t run = 0;
  };
  /// Entries of one kind, oldest first.
  struct Queue {
    std::vector<Entry> entries;
    std::deque<std::uint32_t> waiting;  // runs with bursts outside the queue
    std::int64_t waiting_bursts = 0;
    int capacity = 0;
    std::array<bool, kBanks> paid{};  // the bank's row was opened for the oldest entry that hits it
    int paid_count = 0;
  };
  struct Choice {
    DramClock clock = kNever;
    DramCommandKind kind = DramCommandKind::activate;
    std::size_t entry = 0;
    int queue = 0;
  };

  [[nodiscard]] DramClock earliest_finish(const Run& run) const;
  void finish(Run& run, DramClock clock);
  [[nodiscard]] bool hits(const Entry& e) const { return open_row_[e.place.bank] == e.place.row; }
  [[nodiscard]] DramClock ready(DramCommandKind kind, int bank) const;
  [[nodiscard]] bool hit_waits(const Queue& queue, int bank) const;
  void choose_mode();
  [[nodiscard]] Choice next_column() const;
  [[nodiscard]] Choice next_row() const;
  void issue(const Choice& choice);
  void serve_column(const Choice& choice);
  [[nodiscard]] bool commit_refresh(DramClock limit);
  void refill(Queue& queue, DramClock clock);
  void apply(DramCommandKind kind, int bank, DramClock clock);
  void record(DramClock clock, DramCommandKind kind, const BurstPlace& place);
  void open(int bank, int row, DramClock clock);
  void close(int bank, DramClock clock);

  DramConfig config_;
  AddressDecoder decoder_;
  TimingTable table_;

  std::array<Queue, 2> queues_;  // by Access
  std::vector<Run> runs_;
  std::vector<std::uint32_t> free_runs_;
  int mode_ = 0;

  std::array<std::array<DramClock, kBanks>, kBankCommands> earliest_{};
  std::array<DramClock, 4> last_activates_{};
  int oldest_activate_ = 0;
  std::array<std::int32_t, kBanks> open_row_{};
  int open_count_ = 0;
  DramClock opened_at_ = 0;

  DramClock clock_ = 0;        // the first undecided edge
  DramClock quiet_until_ = 0;  // no command before this edge unless something is submitted
  DramClock refresh_due_ = 0;
  DramStatistics statistics_;
  std::vector<ChannelFinish> finished_;
  std::vector<DramCommand>* log_ = nullptr;
};

}  // namespace nibble
