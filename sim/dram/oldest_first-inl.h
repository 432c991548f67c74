// Streams: while the oldest entry is bound to be the choice, it is served without a search.
// Included once for every instruction set by channel_scheduler.cpp alone.
#if defined(NIBBLE_SIM_DRAM_OLDEST_FIRST_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef NIBBLE_SIM_DRAM_OLDEST_FIRST_INL_H_
#undef NIBBLE_SIM_DRAM_OLDEST_FIRST_INL_H_
#else
#define NIBBLE_SIM_DRAM_OLDEST_FIRST_INL_H_
#endif

#include "sim/dram/channel_lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace nibble {
namespace HWY_NAMESPACE {

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

/// When columns of one kind can follow each other: the channel's earliest times, and the columns
/// that are not yet applied to them.
class ColumnTrain {
 public:
  /// After a column of `bank` at `clock`, which is applied.
  HWY_INLINE ColumnTrain(const ChannelState& s, int bank, RelativeClock clock)
      : state_(s), bank_(bank), clock_(clock) {
    constexpr RelativeClock kLongAgo = -kMostRelative;
    for (RelativeClock& c : group_clock_) c = kLongAgo;
    group_clock_[group_of(bank)] = clock;
  }
  [[nodiscard]] HWY_INLINE RelativeClock clock() const { return clock_; }
  /// The first edge at which any bank could go on.
  [[nodiscard]] HWY_INLINE RelativeClock soonest() const { return clock_ + state_.tccd_s; }
  /// The same for the group of the last bank.
  [[nodiscard]] HWY_INLINE RelativeClock soonest_in_group() const { return clock_ + state_.tccd_l; }
  [[nodiscard]] HWY_INLINE std::uint32_t banks_of_group() const {
    const int first = group_of(bank_) << state_.banks_per_group_bits;
    return ((1U << (1 << state_.banks_per_group_bits)) - 1) << first;
  }
  [[nodiscard]] HWY_INLINE RelativeClock ready(int bank, int which) const {
    return HWY_MAX(HWY_MAX(soonest(), state_.earliest[2 + which][bank]),
                   group_clock_[group_of(bank)] + state_.tccd_l);
  }
  HWY_INLINE void add(int bank, RelativeClock clock) {
    bank_ = bank;
    clock_ = clock;
    group_clock_[group_of(bank)] = clock;
    bank_clock_[bank] = clock;
    touched_ |= 1U << bank;
  }
  /// The last column of a bank outlasts its earlier ones.
  HWY_INLINE void apply_to(ChannelState& s, int which) const {
    for (std::uint32_t left = touched_; left != 0; left &= left - 1) {
      const int bank = __builtin_ctz(left);
      apply(s, 2 + which, bank, bank_clock_[bank], 1, kBankCommands);
    }
  }

 private:
  [[nodiscard]] HWY_INLINE int group_of(int bank) const {
    return bank >> state_.banks_per_group_bits;
  }
  const ChannelState& state_;
  RelativeClock group_clock_[kLanes], bank_clock_[kLanes];
  std::uint32_t touched_ = 0;
  int bank_;
  RelativeClock clock_;
};

/// Whether serve_oldest is worth its start after a column command of queue `which`: if the two
/// oldest entries hit.
HWY_INLINE bool is_stream(const ChannelState& s, int which) {
  const ChannelQueue& queue = s.queues[which];
  const auto hits = [&queue](std::uint32_t position) {
    return queue.hit[queue.order.row_at(position).bank()] >> position & 1U;
  };
  return which == s.mode && queue.count > 1 && s.queues[1 - which].paid == 0 &&
         (hits(0) & hits(1)) != 0;
}

/// After a column command of `bank` at `last`: the oldest entry of the mode's
/// queue is the choice as long as it hits, no column of another bank can come sooner, and no row
/// command fits in before it. Stops where one of these is not plain to see, and before `limit`.
HWY_NOINLINE void serve_oldest(ChannelState& s, int bank, RelativeClock last, RelativeClock limit) {
  const int which = s.mode;
  ChannelQueue& queue = s.queues[which];
  const bool reads_wait = s.queues[0].count > 0;
  const std::uint32_t least = which == 1 && reads_wait ? s.write_drain_stop : 0;
  FrontMasks masks(queue);
  Lanes wanted_row[kParts];
  for (int i = 0; i < kParts; ++i) wanted_row[i] = masks.wants_row(i);
  const RelativeClock row_command = first_row_command(s, masks);
  ColumnTrain train(s, bank, last);
  bool row_is_new = false;
  while (!row_is_new && queue.count > least && masks.oldest_hits()) {
    const int next = queue.order.row_at(0).bank();
    const RelativeClock clock = train.ready(next, which);
    const bool is_first = clock == train.soonest() || (clock <= train.soonest_in_group() &&
                                                       !masks.hits_outside(train.banks_of_group()));
    if (!is_first || clock >= limit || clock > row_command) break;
    train.add(next, clock);
    count_column(s, which, next, 0, clock);
    queue.order.remove_oldest();
    masks.replace_oldest(enter_next(s, queue, clock));
    for (int i = 0; i < kParts; ++i) {
      row_is_new |= !hn::AllFalse(kMaskTag, hn::AndNot(wanted_row[i], masks.wants_row(i)));
    }
  }
  masks.store(queue);
  s.clock = train.clock() + s.after_command;
  train.apply_to(s, which);
}

}  // namespace HWY_NAMESPACE
}  // namespace nibble
HWY_AFTER_NAMESPACE();

#endif
