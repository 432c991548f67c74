// The scheduler of a channel (rules: dram_channel.h), compiled once for every instruction set and
// chosen at run time. One decision is two reductions over the lanes of the banks: the earliest edge
// at which any bank can take the command it needs, then the oldest entry among the banks that can;
// one command is e = max(e, t + D) on the earliest times.
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
constexpr std::uint32_t kExponentMask = 0xFF, kExponentBias = 127;
constexpr int kExponentShift = 23;
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
  [[nodiscard]] std::uint32_t position() const {
    return (key >> kAgeShift & kExponentMask) - kExponentBias;
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
  const std::int32_t row = mine.place[mine.order.slot_at(choice.position())].row;
  if ((s.open_banks & bank_bit) != 0) {
    s.open_banks &= ~bank_bit;
    if (s.open_banks == 0) s.active_clocks += clock - s.opened_at;
    for (ChannelQueue& queue : s.queues) set_lane(queue.hit, bank, 0);
    ++s.commands[1];
    if (HWY_UNLIKELY(s.log != nullptr)) {
      s.record(clock, DramCommandKind::precharge, {bank, s.open_row[bank], 0});
    }
    apply(s, 1, bank, clock, 0, 1);
    return;
  }
  if (s.open_banks == 0) s.opened_at = clock;
  s.open_banks |= bank_bit;
  s.open_row[bank] = row;
  mine.paid |= bank_bit;
  for (ChannelQueue& queue : s.queues) {
    std::uint32_t hits = 0;
    for (std::uint32_t left = queue.pending[bank]; left != 0; left &= left - 1) {
      const auto position = static_cast<std::uint32_t>(__builtin_ctz(left));
      if (queue.place[queue.order.slot_at(position)].row == row) hits |= left & (0U - left);
    }
    set_lane(queue.hit, bank, hits);
  }
  s.activates[s.oldest_activate] = clock;
  s.oldest_activate = (s.oldest_activate + 1) % 4;
  ++s.commands[0];
  if (HWY_UNLIKELY(s.log != nullptr)) {
    s.record(clock, DramCommandKind::activate, {bank, row, 0});
  }
  apply(s, 0, bank, clock, 0, kBankCommands);
}

/// The burst that took the place of an entry that left: its bank and mask bits, no bits if none
/// did.
struct Entered {
  int bank = 0;
  std::uint32_t pending = 0, hit = 0;
};

/// An entry has left `queue`: if a burst waits outside, lets it in; all but the masks.
HWY_INLINE Entered enter_next(ChannelState& s, ChannelQueue& queue, RelativeClock clock) {
  --queue.count;
  Entered in;
  if (queue.waiting_bursts > 0) {
    in.pending = 1U << queue.count;
    const BurstPlace place = s.take_waiting_burst(queue, clock);
    in.bank = place.bank;
    const bool hits = (s.open_banks >> in.bank & 1U) != 0 && s.open_row[in.bank] == place.row;
    in.hit = hits ? in.pending : 0;
  }
  return in;
}

/// `masks` with everything above the positions in `low` moved down one, `added` in lanes `lane`.
HWY_INLINE Masks moved_down(Masks masks, Masks low, Lanes lane, std::uint32_t added) {
  const Masks kept = hn::Or(hn::And(masks, low), hn::AndNot(low, hn::ShiftRight<1>(masks)));
  return hn::Or(kept, hn::IfThenElseZero(lane, hn::Set(kMaskTag, added)));
}

/// Everything about a column command but its rules and the queue: counts, and who is done.
HWY_INLINE void count_column(ChannelState& s, int which, int bank, std::uint32_t slot,
                             RelativeClock clock) {
  ChannelQueue& queue = s.queues[which];
  const std::uint32_t bank_bit = 1U << bank;
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
}

HWY_INLINE void issue_column(ChannelState& s, int which, Choice choice, RelativeClock clock) {
  ChannelQueue& queue = s.queues[which];
  apply(s, 2 + which, choice.bank(), clock, 1, kBankCommands);
  count_column(s, which, choice.bank(), queue.order.slot_at(choice.position()), clock);
  queue.order.remove(choice.position());
  const Entered in = enter_next(s, queue, clock);
  const Masks low = hn::Set(kMaskTag, (1U << choice.position()) - 1);
  for (int i = 0; i < kParts; ++i) {
    const Lanes lane = lanes_of(1U << in.bank, i);
    std::uint32_t *pending = queue.pending + i * kPart, *hit = queue.hit + i * kPart;
    hn::Store(moved_down(hn::Load(kMaskTag, pending), low, lane, in.pending), kMaskTag, pending);
    hn::Store(moved_down(hn::Load(kMaskTag, hit), low, lane, in.hit), kMaskTag, hit);
  }
}

/// The masks of a queue in registers while its oldest entries leave one after the other.
struct FrontMasks {
  Masks pending[kParts], hit[kParts];

  HWY_INLINE explicit FrontMasks(const ChannelQueue& queue) {
    for (int i = 0; i < kParts; ++i) {
      pending[i] = hn::Load(kMaskTag, queue.pending + i * kPart);
      hit[i] = hn::Load(kMaskTag, queue.hit + i * kPart);
    }
  }
  HWY_INLINE void store(ChannelQueue& queue) const {
    for (int i = 0; i < kParts; ++i) {
      hn::Store(pending[i], kMaskTag, queue.pending + i * kPart);
      hn::Store(hit[i], kMaskTag, queue.hit + i * kPart);
    }
  }
  HWY_INLINE bool oldest_hits() const {
    Masks all = hit[0];
    for (int i = 1; i < kParts; ++i) all = hn::Or(all, hit[i]);
    return !hn::AllFalse(kMaskTag, hn::TestBit(all, hn::Set(kMaskTag, 1U)));
  }
  /// A bank outside `banks` has a row hit.
  HWY_INLINE bool hits_outside(std::uint32_t banks) const {
    Masks all = hn::Zero(kMaskTag);
    for (int i = 0; i < kParts; ++i)
      all = hn::Or(all, hn::IfThenZeroElse(lanes_of(banks, i), hit[i]));
    return !hn::AllTrue(kMaskTag, hn::Eq(all, hn::Zero(kMaskTag)));
  }
  /// Banks that wait for a row command.
  HWY_INLINE Lanes wants_row(int part) const {
    const Masks none = hn::Zero(kMaskTag);
    return hn::AndNot(hn::Ne(hit[part], none), hn::Ne(pending[part], none));
  }
  HWY_INLINE void replace_oldest(const Entered& in) {
    for (int i = 0; i < kParts; ++i) {
      const Lanes lane = lanes_of(1U << in.bank, i);
      pending[i] = moved_down(pending[i], hn::Zero(kMaskTag), lane, in.pending);
      hit[i] = moved_down(hit[i], hn::Zero(kMaskTag), lane, in.hit);
    }
  }
};

/// The first edge at which a bank of `masks` could take the row command it waits for.
HWY_INLINE RelativeClock first_row_command(const ChannelState& s, const FrontMasks& masks) {
  const Clocks window = hn::Set(kClockTag, s.activates[s.oldest_activate] + s.tfaw);
  Clocks first = hn::Set(kClockTag, kNeverRelative);
  for (int i = 0; i < kParts; ++i) {
    const Clocks activate = hn::Max(hn::Load(kClockTag, s.earliest[0] + i * kPart), window);
    const Clocks rule = hn::IfThenElse(hn::RebindMask(kClockTag, lanes_of(s.open_banks, i)),
                                       hn::Load(kClockTag, s.earliest[1] + i * kPart), activate);
    first =
        hn::IfThenElse(hn::RebindMask(kClockTag, masks.wants_row(i)), hn::Min(first, rule), first);
  }
  return hn::GetLane(hn::MinOfLanes(kClockTag, first));
}

/// Streams without searching: after a column command of bank `bank` at the edge before s.clock, the
/// oldest entry of the mode's queue is the choice as long as it hits, no column of another bank can
/// come sooner, and no row command fits in before it. Stops where one of these is no longer plain.
HWY_INLINE void serve_oldest(ChannelState& s, int bank, RelativeClock limit) {
  const int which = s.mode;
  ChannelQueue& queue = s.queues[which];
  const bool reads_wait = s.queues[0].count > 0;
  const std::uint32_t least = which == 1 && reads_wait ? s.write_drain_stop : 0;  // turns below
  if (s.queues[1 - which].paid != 0 || queue.count <= least) return;
  if ((queue.hit[queue.place[queue.order.slot_at(0)].bank] & 1U) == 0) return;
  FrontMasks masks(queue);
  Lanes wanted_row[kParts];
  for (int i = 0; i < kParts; ++i) wanted_row[i] = masks.wants_row(i);
  const RelativeClock row_command = first_row_command(s, masks);
  const std::uint32_t group_banks = (1U << (1 << s.banks_per_group_bits)) - 1;
  constexpr RelativeClock kLongAgo = -kMostRelative;
  RelativeClock group_clock[kLanes], bank_clock[kLanes];
  for (RelativeClock& c : group_clock) c = kLongAgo;
  RelativeClock clock = s.clock - 1;
  std::uint32_t touched = 0;
  group_clock[bank >> s.banks_per_group_bits] = clock;
  for (;;) {
    const std::uint32_t slot = queue.order.slot_at(0);
    const std::uint32_t served_group = group_banks << (bank & ~((1 << s.banks_per_group_bits) - 1));
    const int next_bank = queue.place[slot].bank;
    const RelativeClock soonest = clock + s.tccd_s;
    const RelativeClock ready =
        HWY_MAX(s.earliest[2 + which][next_bank],
                group_clock[next_bank >> s.banks_per_group_bits] + s.tccd_l);
    const RelativeClock next = HWY_MAX(soonest, ready);
    if (next > soonest && (next > clock + s.tccd_l || masks.hits_outside(served_group))) break;
    if (next >= limit || next > row_command) break;
    clock = next;
    bank = next_bank;
    group_clock[bank >> s.banks_per_group_bits] = clock;
    bank_clock[bank] = clock;
    touched |= 1U << bank;
    count_column(s, which, bank, slot, clock);
    queue.order.remove_oldest();
    masks.replace_oldest(enter_next(s, queue, clock));
    if (queue.count <= least || !masks.oldest_hits()) break;
    bool row_is_new = false;
    for (int i = 0; i < kParts; ++i) {
      row_is_new |= !hn::AllFalse(kMaskTag, hn::AndNot(wanted_row[i], masks.wants_row(i)));
    }
    if (row_is_new) break;
  }
  masks.store(queue);
  s.clock = clock + 1;
  for (; touched != 0; touched &= touched - 1) {
    const int b = __builtin_ctz(touched);
    apply(s, 2 + which, b, bank_clock[b], 1, kBankCommands);
  }
}

HWY_INLINE void choose_mode(ChannelState& s) {
  const std::uint32_t reads = s.queues[0].count, writes = s.queues[1].count;
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
      s.clock = clock + 1;
      if (column_queue == s.mode) serve_oldest(s, choice.bank(), bound);
      continue;
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
