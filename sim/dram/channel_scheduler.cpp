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

/// The next command and its entry, as one number that orders candidates by (waiting time, column
/// before row, age), so that one minimum over the banks is the scheduler's whole decision:
/// bits 31..13 clocks from now, bit 12 row command, bits 11..4 127 + age position (the exponent of
/// the entry's mask bit as binary32), bits 3..0 the bank. A bank has at most one candidate.
constexpr int kWaitShift = 13, kAgeShift = 4;
constexpr std::uint32_t kRowCommand = 1U << 12, kBankMask = kLanes - 1;
constexpr std::uint32_t kExponentMask = 0xFF;
constexpr int kExponentBias = 127, kExponentShift = 23;
constexpr std::uint32_t kNoCandidate = ~0U;
// Longer than any sum of rules that DramConfig admits, so that no waiting time overflows.
static_assert(4 * DramConfig::kMostRuleClocks < (1 << (32 - kWaitShift)) - 1);

alignas(64) constexpr std::uint32_t kBanks[kLanes] = {0, 1, 2,  3,  4,  5,  6,  7,
                                                      8, 9, 10, 11, 12, 13, 14, 15};

struct Choice {
  std::uint32_t key;
  [[nodiscard]] RelativeClock wait() const { return static_cast<RelativeClock>(key >> kWaitShift); }
  [[nodiscard]] bool is_row() const { return (key & kRowCommand) != 0; }
  [[nodiscard]] int bank() const { return static_cast<int>(key & kBankMask); }
  [[nodiscard]] int position() const {
    return static_cast<int>(key >> kAgeShift & kExponentMask) - kExponentBias;
  }
};

/// 127 + position of the lowest set bit, in the key's place.
HWY_INLINE Masks oldest_age(Masks m) {
  const hn::Repartition<float, decltype(kMaskTag)> floats;
  const Masks lowest = hn::And(m, hn::Sub(hn::Zero(kMaskTag), m));
  const auto value = hn::ConvertTo(floats, hn::BitCast(kClockTag, lowest));
  return hn::And(hn::ShiftRight<kExponentShift - kAgeShift>(hn::BitCast(kMaskTag, value)),
                 hn::Set(kMaskTag, kExponentMask << kAgeShift));
}

HWY_INLINE Choice best_candidate(const ChannelState& s, int column_queue) {
  const ChannelQueue& mine = s.queues[s.mode];
  const ChannelQueue& column = s.queues[column_queue];
  const std::uint32_t other_paid = s.queues[1 - s.mode].paid;
  const std::uint32_t column_banks = other_paid != 0 ? other_paid : ~0U;
  const RelativeClock* column_rule = s.earliest[2 + column_queue];
  const Clocks window = hn::Set(kClockTag, s.activates[s.oldest_activate] + s.tfaw);
  const Clocks now = hn::Set(kClockTag, s.clock);
  const Masks none = hn::Zero(kMaskTag);
  const Masks no_candidate = hn::Set(kMaskTag, kNoCandidate);
  Masks best = no_candidate;
  for (int i = 0; i < kParts; ++i) {
    const int at = i * kPart;
    const Masks hits = hn::Load(kMaskTag, column.hit + at);
    const Masks pending = hn::Load(kMaskTag, mine.pending + at);
    const Lanes is_column = hn::And(hn::Ne(hits, none), lanes_of(column_banks, i));
    const Lanes row_is_wanted =
        hn::Or(hn::Ne(hn::Load(kMaskTag, mine.hit + at), none), lanes_of(other_paid, i));
    const Lanes is_row = hn::AndNot(row_is_wanted, hn::Ne(pending, none));
    const Clocks activate = hn::Max(hn::Load(kClockTag, s.earliest[0] + at), window);
    const Clocks row_rule = hn::IfThenElse(hn::RebindMask(kClockTag, lanes_of(s.open_banks, i)),
                                           hn::Load(kClockTag, s.earliest[1] + at), activate);
    const Clocks rule = hn::IfThenElse(hn::RebindMask(kClockTag, is_column),
                                       hn::Load(kClockTag, column_rule + at), row_rule);
    const Clocks wait = hn::Max(hn::Sub(rule, now), hn::Zero(kClockTag));
    const Masks age = hn::Or(oldest_age(hn::IfThenElse(is_column, hits, pending)),
                             hn::Load(kMaskTag, kBanks + at));
    const Masks order = hn::IfThenElse(is_column, age, hn::Or(age, hn::Set(kMaskTag, kRowCommand)));
    const Masks key = hn::Or(hn::ShiftLeft<kWaitShift>(hn::BitCast(kMaskTag, wait)), order);
    best = hn::Min(best, hn::IfThenElse(hn::Or(is_column, is_row), key, no_candidate));
  }
  return {hn::GetLane(hn::MinOfLanes(kMaskTag, best))};
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

HWY_INLINE void issue_row(ChannelState& s, Choice choice, RelativeClock clock) {
  ChannelQueue& mine = s.queues[s.mode];
  const int bank = choice.bank();
  const std::uint32_t bank_bit = 1U << bank;
  BurstPlace place = mine.place[mine.order[choice.position()]];
  place.column = 0;
  if ((s.open_banks & bank_bit) != 0) {
    std::swap(place.row, s.open_row[bank]);
    s.open_banks &= ~bank_bit;
    if (s.open_banks == 0) s.active_clocks += clock - s.opened_at;
    for (ChannelQueue& queue : s.queues) set_lane(queue.hit, bank, 0);
    ++s.commands[1];
    if (HWY_UNLIKELY(s.log != nullptr)) s.record(clock, DramCommandKind::precharge, place);
    apply(s, 1, bank, clock, 0, 1);
    return;
  }
  if (s.open_banks == 0) s.opened_at = clock;
  s.open_banks |= bank_bit;
  s.open_row[bank] = place.row;
  mine.paid |= bank_bit;
  for (ChannelQueue& queue : s.queues) {
    std::uint32_t hits = 0;
    for (std::uint32_t left = queue.pending[bank]; left != 0; left &= left - 1) {
      if (queue.place[queue.order[__builtin_ctz(left)]].row == place.row)
        hits |= left & (0U - left);
    }
    set_lane(queue.hit, bank, hits);
  }
  s.activates[s.oldest_activate] = clock;
  s.oldest_activate = (s.oldest_activate + 1) % 4;
  ++s.commands[0];
  if (HWY_UNLIKELY(s.log != nullptr)) s.record(clock, DramCommandKind::activate, place);
  apply(s, 0, bank, clock, 0, kBankCommands);
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

HWY_INLINE void issue_column(ChannelState& s, int which, Choice choice, RelativeClock clock) {
  ChannelQueue& queue = s.queues[which];
  const int bank = choice.bank();
  const std::uint32_t bank_bit = 1U << bank;
  apply(s, 2 + which, bank, clock, 1, kBankCommands);
  const std::uint32_t slot = queue.order[choice.position()];
  s.row_hits += (queue.paid & bank_bit) == 0;
  queue.paid &= ~bank_bit;
  ++s.commands[2 + which];
  if (HWY_UNLIKELY(s.log != nullptr)) {
    s.record(clock, which == 0 ? DramCommandKind::read : DramCommandKind::write, queue.place[slot]);
  }
  queue.free_slots |= 1U << slot;
  const std::uint32_t run = queue.run[slot];
  if (--s.runs[run].to_finish == 0) {
    if (!s.runs[run].posted) s.finish_run(run, clock + queue.column_latency + s.burst_clocks);
    s.free_runs.push_back(run);
  }
  replace_entry(s, queue, choice.position(), clock);
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
    const int column_queue = s.queues[1 - s.mode].paid != 0 ? 1 - s.mode : s.mode;
    const Choice choice = best_candidate(s, column_queue);
    const RelativeClock bound = HWY_MIN(limit, s.refresh_due);
    const RelativeClock clock = s.clock + choice.wait();
    if (clock >= bound) {
      s.quiet_until = HWY_MIN(clock, s.refresh_due);
      s.clock = bound;
      continue;
    }
    if (choice.is_row()) {
      issue_row(s, choice, clock);
    } else {
      issue_column(s, column_queue, choice, clock);
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
