// Everything a channel knows, as plain data laid out for vectors: one 32-bit lane a bank, one mask
// bit a queue entry. Owned by DramChannel, worked on by channel_scheduler.cpp.
//
// Times are clocks since `base`, which moves forward at refreshes, so that 32 bits suffice. Bit p
// of a mask is the entry at age position p of its queue, 0 the oldest; when an entry leaves,
// everything younger moves down one position, so that "the oldest" is always the lowest bit.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "sim/dram/address_mapping.h"
#include "sim/dram/age_order.h"
#include "sim/dram/timing_table.h"

namespace nibble {

using RelativeClock = std::int32_t;

inline constexpr int kLanes = DramConfig::kMaxBanks;
inline constexpr RelativeClock kNeverRelative = std::numeric_limits<RelativeClock>::max();
/// `base` moves before times reach this; what is left above it is room for every rule's distance.
inline constexpr RelativeClock kMostRelative = 1 << 30;
inline constexpr std::uint32_t kNoRun = ~0U;

/// Consecutive bursts of one transaction in one channel. One line of the cache: with many channels
/// it is seldom near when it is needed.
struct alignas(64) ChannelRun {
  std::uint64_t tag = 0;
  std::uint32_t next_waiting = kNoRun;  // the run behind it that has bursts outside the queue
  std::int64_t next = 0;                // the next burst to enter the queue
  std::int64_t to_enter = 0;            // bursts still outside it
  std::int64_t to_finish = 0;           // bursts without their column command
  std::int64_t last_arrival = 0;        // what its queue was ever offered, up to its last burst
  bool open = false;                    // its finish has not been reported
  bool posted = false;                  // finishes when it has entered
  Access access = Access::read;
};

/// The part of a transaction that one channel serves is done at `clock`.
struct ChannelFinish {
  ChannelFinish(std::uint64_t t, DramClock c) : tag(t), clock(c) {}
  std::uint64_t tag;
  DramClock clock;
};

/// Entries of one kind. `order` knows what they ask for, by age; the rest stays in their slots.
struct ChannelQueue {
  alignas(64) std::uint32_t pending[kLanes] = {};  // by bank: positions of its entries
  alignas(64) std::uint32_t hit[kLanes] = {};      // those whose row is open
  AgeOrder order;
  std::uint32_t paid = 0;        // banks whose row was opened for their oldest entry that hits it
  std::uint32_t free_slots = 0;  // one bit a slot
  std::uint32_t count = 0;
  std::uint32_t capacity = 0;
  std::uint32_t first_waiting = kNoRun, last_waiting = kNoRun;
  std::int64_t offered = 0;              // bursts ever submitted
  std::int64_t arrivals = 0;             // those whose edge has come
  std::int64_t waiting_bursts = 0;       // of the arrivals: outside the queue
  int column_latency = 0;                // from the command to the first beat
  std::int32_t column[kPositions] = {};  // by slot
  std::uint32_t run[kPositions] = {};    // by slot

  /// Bursts submitted that have not entered.
  [[nodiscard]] std::int64_t outside() const { return offered - arrivals + waiting_bursts; }
};

struct ChannelState {
  explicit ChannelState(const DramConfig& config);

  alignas(64) RelativeClock earliest[kBankCommands][kLanes] = {};
  ChannelQueue queues[2];  // by Access
  std::int32_t open_row[kLanes] = {};
  std::uint32_t open_banks = 0;
  int mode = 0;  // the Access whose queue is served
  RelativeClock activates[4] = {};
  std::uint32_t oldest_activate = 0;

  DramClock base = 0;
  RelativeClock clock = 0;        // the first undecided edge
  RelativeClock quiet_until = 0;  // no command before this edge unless forget_choice()
  // The scheduler's next command, if it was found but lies beyond what may be decided.
  bool choice_is_known = false;
  std::uint32_t choice = 0;
  RelativeClock choice_clock = 0;
  RelativeClock refresh_due = 0;
  RelativeClock opened_at = 0;  // when the first of the now open rows was opened

  std::int64_t commands[kDramCommandKinds] = {};
  std::int64_t row_hits = 0;
  DramClock active_clocks = 0;
  std::vector<ChannelRun> runs;
  std::vector<std::uint32_t> free_runs;
  std::vector<ChannelFinish> finished;
  int open_posted_runs = 0;
  std::vector<DramCommand>* log = nullptr;

  AddressDecoder decoder;
  std::shared_ptr<const TimingTable> table;  // one for all channels: it is 16 KiB
  RelativeClock after_command;  // clocks to the next decision: 0 with two command buses
  RelativeClock tccd_s, tccd_l, tfaw, trp_all_bank, trfc_all_bank, trefi, burst_clocks;
  RelativeClock least_column_distance;  // between two of a kind
  std::uint32_t write_drain_start, write_drain_stop;
  int banks_per_group_bits;
  std::uint32_t bank_mask;

  /// Lets waiting bursts in, at the first undecided edge, as many as there is room for.
  void enter_bursts(ChannelQueue& queue);
  /// Bookkeeping of the same, without the masks: returns the burst's place.
  BurstPlace take_waiting_burst(ChannelQueue& queue, RelativeClock clock);
  /// Bursts have entered at the first undecided edge: the next command may be another one.
  void forget_choice() {
    choice_is_known = false;
    quiet_until = clock;
  }
  /// The mode that the queues ask for.
  [[nodiscard]] int next_mode() const {
    const std::uint32_t reads = queues[0].count, writes = queues[1].count;
    if (mode == 0) return writes >= write_drain_start || (reads == 0 && writes > 0) ? 1 : 0;
    return reads > 0 && writes <= write_drain_stop ? 0 : 1;
  }
  void finish_run(std::uint32_t run, DramClock clock);
  void record(RelativeClock clock, DramCommandKind kind, const BurstPlace& place);
  /// Moves `base` to the first undecided edge.
  void rebase();
};

inline BurstPlace ChannelState::take_waiting_burst(ChannelQueue& queue, RelativeClock at) {
  const std::uint32_t index = queue.first_waiting;
  ChannelRun& run = runs[index];
  const BurstPlace place = decoder.place(run.next++);
  const auto slot = static_cast<std::uint32_t>(__builtin_ctz(queue.free_slots));
  queue.free_slots &= queue.free_slots - 1;
  queue.column[slot] = place.column;
  queue.run[slot] = index;
  queue.order.put(queue.count++, slot, BankRow(place));
  --queue.waiting_bursts;
  if (--run.to_enter == 0) {
    queue.first_waiting = run.next_waiting;
    if (run.posted && run.open) finish_run(index, base + at + 1);
  }
  return place;
}

/// Decides every edge before `limit` (at most kMostRelative); if `until_empty`, stops as soon as no
/// burst is left. The rules: dram_channel.h.
void schedule_before(ChannelState& state, RelativeClock limit, bool until_empty);

/// Issues what a refresh needs next at or after the first undecided edge: PREA if a row is open,
/// else REF. False, and no command, if its edge is not before `limit`.
bool schedule_refresh(ChannelState& state, RelativeClock limit);

}  // namespace nibble
