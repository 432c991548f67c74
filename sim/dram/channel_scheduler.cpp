// The scheduler of a channel (rules: dram_channel.h), compiled once for every instruction set and
// chosen at run time. One decision is two reductions over the lanes of the banks: the earliest edge
// at which any bank can take the command it needs, then the oldest entry among the banks that can;
// one command is e = max(e, t + D) on the earliest times.
#include <cstring>
#include <utility>

#include "sim/dram/channel_state.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sim/dram/channel_scheduler.cpp"
#include "hwy/foreach_target.h"
// After foreach_target.h:
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace nibble {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr hn::CappedTag<RelativeClock, kLanes> kClockTag;
constexpr hn::CappedTag<std::uint32_t, kLanes> kMaskTag;
constexpr int kPart = static_cast<int>(hn::MaxLanes(kClockTag));  // lanes of one vector
constexpr int kParts = kLanes / kPart;
using Clocks = hn::Vec<decltype(kClockTag)>;
using Masks = hn::Vec<decltype(kMaskTag)>;
using Lanes = hn::Mask<decltype(kMaskTag)>;

alignas(64) constexpr std::uint32_t kBankBits[kLanes] = {
    1U << 0, 1U << 1, 1U << 2,  1U << 3,  1U << 4,  1U << 5,  1U << 6,  1U << 7,
    1U << 8, 1U << 9, 1U << 10, 1U << 11, 1U << 12, 1U << 13, 1U << 14, 1U << 15};

/// The lanes of part `part` whose bank is in the set.
HWY_INLINE Lanes lanes_of(std::uint32_t banks, int part) {
  return hn::TestBit(hn::Set(kMaskTag, banks), hn::Load(kMaskTag, kBankBits + part * kPart));
}

HWY_INLINE Masks lowest_bit(Masks m) { return hn::And(m, hn::Sub(hn::Zero(kMaskTag), m)); }

/// What every bank could do next, and when.
struct Candidates {
  Clocks column[kParts];  // kNeverRelative: nothing
  Clocks row[kParts];
  int column_queue;
  RelativeClock soonest;
};

HWY_INLINE Candidates find_candidates(const ChannelState& s) {
  Candidates c;
  const ChannelQueue& mine = s.queues[s.mode];
  const ChannelQueue& other = s.queues[1 - s.mode];
  const bool finish_paid = other.paid != 0;
  c.column_queue = finish_paid ? 1 - s.mode : s.mode;
  const ChannelQueue& column_queue = s.queues[c.column_queue];
  const std::uint32_t column_banks = finish_paid ? other.paid : ~0U;
  const RelativeClock* column_rule = s.earliest[2 + c.column_queue];
  const Clocks never = hn::Set(kClockTag, kNeverRelative);
  const Clocks window = hn::Set(kClockTag, s.activates[s.oldest_activate] + s.tfaw);
  const Masks none = hn::Zero(kMaskTag);
  Clocks soonest = never;
  for (int i = 0; i < kParts; ++i) {
    const int at = i * kPart;
    const Lanes hits = hn::Ne(hn::Load(kMaskTag, column_queue.hit + at), none);
    const Lanes ready = hn::And(hits, lanes_of(column_banks, i));
    c.column[i] = hn::IfThenElse(hn::RebindMask(kClockTag, ready),
                                 hn::Load(kClockTag, column_rule + at), never);
    const Clocks activate = hn::Max(hn::Load(kClockTag, s.earliest[0] + at), window);
    const Clocks precharge = hn::Load(kClockTag, s.earliest[1] + at);
    const Clocks row =
        hn::IfThenElse(hn::RebindMask(kClockTag, lanes_of(s.open_banks, i)), precharge, activate);
    const Lanes waits = hn::Ne(hn::Load(kMaskTag, mine.pending + at), none);
    const Lanes free =
        hn::And(hn::Eq(hn::Load(kMaskTag, mine.hit + at), none), hn::Not(lanes_of(other.paid, i)));
    c.row[i] = hn::IfThenElse(hn::RebindMask(kClockTag, hn::And(waits, free)), row, never);
    soonest = hn::Min(soonest, hn::Min(c.column[i], c.row[i]));
  }
  c.soonest = hn::GetLane(hn::MinOfLanes(kClockTag, soonest));
  return c;
}

/// The oldest position in `masks` among the banks ready at `clock`, or -1.
HWY_INLINE int oldest_ready(const Clocks* ready, const std::uint32_t* masks, RelativeClock clock) {
  const Clocks now = hn::Set(kClockTag, clock);
  const Masks nothing = hn::Set(kMaskTag, ~0U);
  Masks oldest = nothing;
  for (int i = 0; i < kParts; ++i) {
    const auto is_ready = hn::RebindMask(kMaskTag, hn::Not(hn::Gt(ready[i], now)));
    const Masks lowest = lowest_bit(hn::Load(kMaskTag, masks + i * kPart));
    oldest = hn::Min(oldest, hn::IfThenElse(is_ready, lowest, nothing));
  }
  const std::uint32_t bit = hn::GetLane(hn::MinOfLanes(kMaskTag, oldest));
  return bit == ~0U ? -1 : __builtin_ctz(bit);
}

/// earliest[next] = max(earliest[next], clock + distance) for the commands [first, last).
HWY_INLINE void apply(ChannelState& s, int kind, int bank, RelativeClock clock, int first,
                      int last) {
  const auto& after =
      s.table->after[static_cast<std::size_t>(kind)][static_cast<std::size_t>(bank)];
  const Clocks now = hn::Set(kClockTag, clock);
  for (int next = first; next < last; ++next) {
    for (int at = 0; at < kLanes; at += kPart) {
      const Clocks rule = hn::Add(now, hn::Load(kClockTag, after[next].data() + at));
      RelativeClock* e = s.earliest[next] + at;
      hn::Store(hn::Max(hn::Load(kClockTag, e), rule), kClockTag, e);
    }
  }
}

HWY_INLINE void set_lane(std::uint32_t* masks, int bank, std::uint32_t value) {
  for (int i = 0; i < kParts; ++i) {
    std::uint32_t* m = masks + i * kPart;
    hn::Store(
        hn::IfThenElse(lanes_of(1U << bank, i), hn::Set(kMaskTag, value), hn::Load(kMaskTag, m)),
        kMaskTag, m);
  }
}

HWY_INLINE void issue_row(ChannelState& s, int position, RelativeClock clock) {
  ChannelQueue& mine = s.queues[s.mode];
  BurstPlace place = mine.place[mine.order[position]];
  place.column = 0;
  const std::uint32_t bank_bit = 1U << place.bank;
  if ((s.open_banks & bank_bit) != 0) {
    std::swap(place.row, s.open_row[place.bank]);
    s.open_banks &= ~bank_bit;
    if (s.open_banks == 0) s.active_clocks += clock - s.opened_at;
    for (ChannelQueue& queue : s.queues) set_lane(queue.hit, place.bank, 0);
    ++s.commands[1];
    if (HWY_UNLIKELY(s.log != nullptr)) s.record(clock, DramCommandKind::precharge, place);
    apply(s, 1, place.bank, clock, 0, 1);
    return;
  }
  if (s.open_banks == 0) s.opened_at = clock;
  s.open_banks |= bank_bit;
  s.open_row[place.bank] = place.row;
  mine.paid |= bank_bit;
  for (ChannelQueue& queue : s.queues) {
    std::uint32_t hits = 0;
    for (std::uint32_t left = queue.pending[place.bank]; left != 0; left &= left - 1) {
      if (queue.place[queue.order[__builtin_ctz(left)]].row == place.row)
        hits |= left & (0U - left);
    }
    set_lane(queue.hit, place.bank, hits);
  }
  s.activates[s.oldest_activate] = clock;
  s.oldest_activate = (s.oldest_activate + 1) % 4;
  ++s.commands[0];
  if (HWY_UNLIKELY(s.log != nullptr)) s.record(clock, DramCommandKind::activate, place);
  apply(s, 0, place.bank, clock, 0, kBankCommands);
}

/// Takes the entry at `position` out and, if a burst waits outside, lets it in.
HWY_INLINE void replace_entry(ChannelState& s, ChannelQueue& queue, int position,
                              RelativeClock clock) {
  std::uint8_t younger[kPositions];
  std::memcpy(younger, queue.order + position + 1, kPositions);
  std::memcpy(queue.order + position, younger, kPositions);
  --queue.count;
  std::uint32_t bit = 0, hit_bit = 0;
  int bank = 0;
  if (queue.waiting_bursts > 0) {
    bit = 1U << queue.count;
    const BurstPlace place = s.take_waiting_burst(queue, clock);
    bank = place.bank;
    const bool hits = (s.open_banks >> bank & 1U) != 0 && s.open_row[bank] == place.row;
    hit_bit = hits ? bit : 0;
  }
  const Masks low = hn::Set(kMaskTag, (1U << position) - 1);
  for (int i = 0; i < kParts; ++i) {
    const Lanes lane = lanes_of(1U << bank, i);
    const auto moved_down = [&](std::uint32_t* m, std::uint32_t added) {
      const Masks old = hn::Load(kMaskTag, m);
      const Masks kept = hn::Or(hn::And(old, low), hn::AndNot(low, hn::ShiftRight<1>(old)));
      hn::Store(hn::Or(kept, hn::IfThenElseZero(lane, hn::Set(kMaskTag, added))), kMaskTag, m);
    };
    moved_down(queue.pending + i * kPart, bit);
    moved_down(queue.hit + i * kPart, hit_bit);
  }
}

HWY_INLINE void issue_column(ChannelState& s, int which, int position, RelativeClock clock) {
  ChannelQueue& queue = s.queues[which];
  const std::uint32_t slot = queue.order[position];
  const BurstPlace place = queue.place[slot];
  const std::uint32_t bank_bit = 1U << place.bank;
  s.row_hits += (queue.paid & bank_bit) == 0;
  queue.paid &= ~bank_bit;
  ++s.commands[2 + which];
  if (HWY_UNLIKELY(s.log != nullptr)) {
    s.record(clock, which == 0 ? DramCommandKind::read : DramCommandKind::write, place);
  }
  apply(s, 2 + which, place.bank, clock, 1, kBankCommands);
  queue.free_slots |= 1U << slot;
  const std::uint32_t run = queue.run[slot];
  if (--s.runs[run].to_finish == 0) {
    if (!s.runs[run].posted) s.finish_run(run, clock + queue.column_latency + s.burst_clocks);
    s.free_runs.push_back(run);
  }
  replace_entry(s, queue, position, clock);
}

HWY_INLINE void choose_mode(ChannelState& s) {
  const int reads = s.queues[0].count, writes = s.queues[1].count;
  if (s.mode == 0) {
    if (writes >= s.write_drain_start || (reads == 0 && writes > 0)) s.mode = 1;
  } else if (reads > 0 && writes <= s.write_drain_stop) {
    s.mode = 0;
  }
}

void schedule(ChannelState& s, RelativeClock limit, bool until_empty) {
  while (s.clock < limit) {
    if (s.queues[0].count + s.queues[1].count == 0 && until_empty) return;
    choose_mode(s);
    if (HWY_UNLIKELY(s.clock >= s.refresh_due)) {
      if (!schedule_refresh(s, limit)) return;
      continue;
    }
    const Candidates c = find_candidates(s);
    const RelativeClock clock = HWY_MAX(s.clock, c.soonest);
    const RelativeClock bound = HWY_MIN(limit, s.refresh_due);
    if (clock >= bound) {
      s.quiet_until = HWY_MIN(clock, s.refresh_due);
      s.clock = bound;
      continue;
    }
    const int column = oldest_ready(c.column, s.queues[c.column_queue].hit, clock);
    if (column >= 0) {
      issue_column(s, c.column_queue, column, clock);
    } else {
      issue_row(s, oldest_ready(c.row, s.queues[s.mode].pending, clock), clock);
    }
    s.clock = clock + 1;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace nibble
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace nibble {

HWY_EXPORT(schedule);

void schedule_before(ChannelState& state, RelativeClock limit, bool until_empty) {
  HWY_DYNAMIC_DISPATCH(schedule)(state, limit, until_empty);
}

}  // namespace nibble
#endif
