// The scheduler of a channel (rules: dram_channel.h), compiled once for every instruction set and
// chosen at run time. One decision is one minimum over the lanes of the banks; one command is
// e = max(e, t + D) on the earliest times. Streams need no decision: oldest_first-inl.h.
#include "sim/dram/channel_state.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sim/dram/channel_scheduler.cpp"
#include "hwy/foreach_target.h"
// After foreach_target.h:
#include "sim/dram/channel_lanes-inl.h"
#include "sim/dram/oldest_first-inl.h"

HWY_BEFORE_NAMESPACE();
namespace nibble {
namespace HWY_NAMESPACE {

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

/// ACT of a closed bank, PRE of an open one. Which of the two is as good as random, so that both
/// take the same path and differ in what they write.
HWY_INLINE void issue_row(ChannelState& s, Choice choice, RelativeClock clock) {
  ChannelQueue& mine = s.queues[s.mode];
  const int bank = choice.bank();
  const std::uint32_t bank_bit = 1U << bank;
  const BankRow row = mine.order.row_at(choice.position());
  const std::uint32_t closes = s.open_banks >> bank & 1U;
  const std::uint32_t if_opens = closes - 1;
  if (HWY_UNLIKELY(s.log != nullptr)) {
    if (closes != 0) {
      s.record(clock, DramCommandKind::precharge, {bank, s.open_row[bank], 0});
    } else {
      s.record(clock, DramCommandKind::activate, {bank, row.row(), 0});
    }
  }
  if (HWY_UNLIKELY(s.open_banks == 0)) s.opened_at = clock;
  s.open_banks ^= bank_bit;
  if (HWY_UNLIKELY(s.open_banks == 0)) s.active_clocks += clock - s.opened_at;
  s.open_row[bank] = row.row();
  mine.paid |= bank_bit & if_opens;
  for (ChannelQueue& queue : s.queues) {
    set_lane(queue.hit, bank, positions_of(queue, row) & if_opens);
  }
  RelativeClock& oldest = s.activates[s.oldest_activate];
  oldest += (clock - oldest) & static_cast<RelativeClock>(if_opens);
  s.oldest_activate = (s.oldest_activate + (1 - closes)) % 4;
  ++s.commands[closes];
  apply(s, static_cast<int>(closes), bank, clock, 0, kBankCommands);
}

HWY_INLINE void issue_column(ChannelState& s, int which, Choice choice, RelativeClock clock) {
  ChannelQueue& queue = s.queues[which];
  apply(s, 2 + which, choice.bank(), clock, 1, kBankCommands);
  count_column(s, which, choice.bank(), choice.position(), clock);
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

void schedule(ChannelState& s, RelativeClock limit, bool until_empty) {
  while (s.clock < limit) {
    if (s.queues[0].count + s.queues[1].count == 0 && until_empty) return;
    s.mode = s.next_mode();
    if (HWY_UNLIKELY(s.clock >= s.refresh_due)) {
      if (!schedule_refresh(s, limit)) return;
      continue;
    }
    const int column_queue = s.queues[1 - s.mode].paid != 0 ? 1 - s.mode : s.mode;
    if (!s.choice_is_known) {
      s.choice = best_candidate(s, column_queue).key;
      s.choice_clock = s.clock + Choice{s.choice}.wait();
    }
    const Choice choice{s.choice};
    const RelativeClock bound = HWY_MIN(limit, s.refresh_due), clock = s.choice_clock;
    if (clock >= bound) {
      s.choice_is_known = choice.key != kNoCandidate;
      s.quiet_until = HWY_MIN(clock, s.refresh_due);
      s.clock = bound;
      continue;
    }
    s.choice_is_known = false;
    s.clock = clock + s.after_command;
    if (choice.is_row()) {
      issue_row(s, choice, clock);
    } else {
      issue_column(s, column_queue, choice, clock);
      if (is_stream(s, column_queue)) serve_oldest(s, choice.bank(), clock, bound);
    }
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
