// What the scheduler's parts share: a channel's banks as lanes of vectors, and what every command
// does to the state. Included once for every instruction set, after hwy/foreach_target.h, by
// channel_scheduler.cpp alone.
#if defined(NIBBLE_SIM_DRAM_CHANNEL_LANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef NIBBLE_SIM_DRAM_CHANNEL_LANES_INL_H_
#undef NIBBLE_SIM_DRAM_CHANNEL_LANES_INL_H_
#else
#define NIBBLE_SIM_DRAM_CHANNEL_LANES_INL_H_
#endif

#include <type_traits>

#include "hwy/highway.h"
#include "sim/dram/channel_state.h"

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
/// One bit for each lane of a vector.
using MaskBits = std::conditional_t<(kPart > 8), std::uint16_t, std::uint8_t>;
static_assert(kPart <= 16);

alignas(64) constexpr std::uint32_t kBankBits[kLanes] = {
    1U << 0, 1U << 1, 1U << 2,  1U << 3,  1U << 4,  1U << 5,  1U << 6,  1U << 7,
    1U << 8, 1U << 9, 1U << 10, 1U << 11, 1U << 12, 1U << 13, 1U << 14, 1U << 15};

/// The lanes of part `part` whose bank is in the set.
HWY_INLINE Lanes lanes_of(std::uint32_t banks, int part) {
  return hn::TestBit(hn::Set(kMaskTag, banks), hn::Load(kMaskTag, kBankBits + part * kPart));
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

/// The positions of the entries that ask for `row`, one bit each.
HWY_INLINE std::uint32_t positions_of(const ChannelQueue& queue, BankRow row) {
  const std::uint32_t* rows = queue.order.rows();
  std::uint64_t found = 0;
  for (int at = 0; at < kPositions; at += kPart) {
    const Lanes same = hn::Eq(hn::LoadU(kMaskTag, rows + at), hn::Set(kMaskTag, row.bits()));
    MaskBits bits;
    hn::StoreMaskBits(kMaskTag, same, reinterpret_cast<std::uint8_t*>(&bits));
    found |= std::uint64_t{bits} << at;
  }
  return static_cast<std::uint32_t>(found & ((std::uint64_t{1} << queue.count) - 1));
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
HWY_INLINE void count_column(ChannelState& s, int which, int bank, std::uint32_t position,
                             RelativeClock clock) {
  ChannelQueue& queue = s.queues[which];
  const std::uint32_t bank_bit = 1U << bank, slot = queue.order.slot_at(position);
  s.row_hits += (queue.paid & bank_bit) == 0;
  queue.paid &= ~bank_bit;
  ++s.commands[2 + which];
  if (HWY_UNLIKELY(s.log != nullptr)) {
    s.record(clock, which == 0 ? DramCommandKind::read : DramCommandKind::write,
             {bank, queue.order.row_at(position).row(), queue.column[slot]});
  }
  queue.free_slots |= 1U << slot;
  const std::uint32_t run = queue.run[slot];
  if (--s.runs[run].to_finish == 0) {
    if (!s.runs[run].posted)
      s.finish_run(run, s.base + clock + queue.column_latency + s.burst_clocks);
    s.free_runs.push_back(run);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace nibble
HWY_AFTER_NAMESPACE();

#endif
