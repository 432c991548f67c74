#include "sim/dram/dram_system.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>

#include "sim/dram/dram_channel.h"
#include "sim/dram/soonest_channel.h"

namespace nibble {
namespace {

/// Steps of length `step` that cover `length`.
[[nodiscard]] constexpr std::int64_t whole_steps(std::int64_t length, std::int64_t step) {
  return (length + step - 1) / step;
}

}  // namespace

// Channels know nothing of each other, so each is taken to the present only when something depends
// on it: a submission to it, or an answer that it could change.
struct DramSystem::State {
  /// A transaction of so few bursts in one block may finish as soon as any could: instead of being
  /// watched it takes the channel's word, and its channel's tag is its id and this mark.
  static constexpr std::int64_t kShortBursts = 4;
  static constexpr std::uint64_t kShortMark = std::uint64_t{1} << 63;

  explicit State(const DramConfig& c)
      : config(c),
        interleave(c),
        channels(static_cast<std::size_t>(c.channels()), DramChannel(c)),
        soonest(c.channels()),
        committed(channels.size(), 0),
        short_parts(channels.size(), 0),
        book(c.channels()),
        period(c.clock_period_ps()),
        capacity(c.capacity_bytes()),
        burst_bits(__builtin_ctzll(static_cast<unsigned long long>(c.burst_bytes()))) {}

  void check(std::int64_t address, Bytes bytes) const {
    if (bytes <= 0) throw std::out_of_range("DRAM transaction of " + std::to_string(bytes) + " B");
    if (address < 0 || bytes > capacity || address > capacity - bytes) {
      throw std::out_of_range("DRAM address " + std::to_string(address) + " + " +
                              std::to_string(bytes) + " B leaves the capacity of " +
                              std::to_string(capacity) + " B");
    }
  }
  /// The bursts that bytes [address, address + bytes) touch begin with the first and end before
  /// the last.
  [[nodiscard]] std::int64_t first_burst(std::int64_t address) const {
    return address >> burst_bits;
  }
  [[nodiscard]] std::int64_t last_burst(std::int64_t address, Bytes bytes) const {
    return ((address + bytes - 1) >> burst_bits) + 1;
  }

  void set_time(Picoseconds to) {
    if (to < now) throw std::logic_error("DRAM time runs backwards");
    if (to == now) return;  // a clock edge at `to` stays undecided
    now = to;
    edge = whole_steps(to, period);
    is_settled = false;
  }

  [[nodiscard]] bool is_behind(std::size_t c) const {
    return committed[c] != edge || channels[c].has_offers();
  }
  /// Makes final what the channel decides before the present.
  void commit(std::size_t c) {
    if (!is_behind(c)) return;
    channels[c].commit_before(edge);
    committed[c] = edge;
    collect(c);
  }
  void commit_all() {
    for (std::size_t c = 0; c < channels.size(); ++c) commit(c);
  }

  /// The last edge at or before `now`.
  [[nodiscard]] DramClock last_edge() const { return edge * period == now ? edge : edge - 1; }

  void collect(std::size_t c) {
    std::vector<ChannelFinish>& finished = channels[c].finished();
    for (const ChannelFinish& f : finished) {
      if ((f.tag & kShortMark) != 0) {
        --short_parts[c];
        book.complete(static_cast<TransactionId>(f.tag & ~kShortMark), f.clock);
      } else {
        book.finish_part(static_cast<std::uint32_t>(f.tag), static_cast<int>(c), f.clock);
      }
    }
    finished.clear();
    soonest.set(c, short_parts[c] > 0 ? channels[c].soonest_finish() : DramChannel::kNever);
  }

  TransactionId submit_short(std::int64_t first, std::int64_t count, Access access) {
    const TransactionId id = book.open_short();
    const ChannelInterleave::Place place = interleave.place(first);
    const auto c = static_cast<std::size_t>(place.channel);
    channels[c].submit(edge, access, place.burst, count,
                       static_cast<std::uint64_t>(id) | kShortMark);
    ++short_parts[c];
    collect(c);
    promised = std::min({promised, soonest.clock(), book.first_complete()});
    return id;
  }

  TransactionId submit_long(std::int64_t first, std::int64_t last, Access access) {
    const InterleavedRange range = interleave.range(first, last);
    const std::uint32_t slot = book.open(range.begin.channel, range.parts);
    const TransactionId id = book.at(slot).id;
    DramClock bound = edge + 1;
    for (int i = 0; i < range.parts; ++i) {
      const int channel = interleave.nth_channel(range.begin.channel, i);
      const auto c = static_cast<std::size_t>(channel);
      const BurstSpan span = interleave.part(range, channel);
      const std::uint32_t run = channels[c].submit(edge, access, span.first, span.count, slot);
      book.set_run(slot, i, run);
      bound = std::max(bound, channels[c].soonest_finish(run));
      collect(c);
      promised = std::min(promised, soonest.clock());
    }
    if (book.is_under_way(slot, id)) book.watch(slot, bound);
    promised = std::min(promised, bound);
    return id;
  }

  /// Everything that completes up to the present is in the book as complete afterwards.
  void settle() {
    if (is_settled) return;
    is_settled = true;
    const DramClock last = last_edge();
    if (promised > last) return;
    while (soonest.clock() <= last) commit(soonest.channel());
    for (auto first = book.first(); first && first->bound <= last; first = book.first()) {
      look_at(*first);
    }
  }

  /// Takes the channels of the first transaction under way to the present, as many as it takes to
  /// see that another one is first now, or that this one is.
  void look_at(TransactionBook::First first) {
    const DramClock enough = book.second_bound();
    const TransactionBook::Transaction& t = book.at(first.slot);
    DramClock bound = first.bound;
    int slowest = t.slowest_part, looks = 0;
    for (int i = slowest; looks < t.parts && bound <= enough;
         ++looks, i = i + 1 == t.parts ? 0 : i + 1) {
      if (book.run(first.slot, i) == TransactionBook::kNoPart) continue;
      const auto c = static_cast<std::size_t>(interleave.nth_channel(t.first_channel, i));
      commit(c);
      if (t.unfinished_parts == 0) return;
      const std::uint32_t run = book.run(first.slot, i);
      if (run == TransactionBook::kNoPart) continue;
      const DramClock part = channels[c].soonest_finish(run);
      if (part > bound) slowest = i;
      bound = std::max(bound, part);
    }
    book.at(first.slot).slowest_part = slowest;
    book.raise_first(std::max(bound, t.last_finish));
    if (looks == t.parts) book.at(first.slot).looked_at = edge;
  }

  /// The first known completion or, if another could come before it, an edge before which none
  /// does, as far as can be told from the present.
  [[nodiscard]] DramClock next_complete_clock() {
    for (;;) {
      const std::optional<TransactionBook::First> first = book.first();
      const DramClock least = soonest.clock();
      const DramClock bound = first ? std::min(least, first->bound) : least;
      if (book.first_complete() <= bound) return book.first_complete();
      if (bound == least) {
        const std::size_t c = soonest.channel();
        if (!is_behind(c)) return bound;
        commit(c);
      } else {
        if (book.at(first->slot).looked_at == edge) return bound;
        look_at(*first);
      }
    }
  }

  [[nodiscard]] std::optional<Picoseconds> next_completion() {
    if (promised <= last_edge()) promised = next_complete_clock();
    if (promised == DramChannel::kNever) return std::nullopt;
    return promised * period;
  }

  DramConfig config;
  ChannelInterleave interleave;
  std::vector<DramChannel> channels;
  SoonestChannel soonest;            // no short transaction of the channel finishes before
  std::vector<DramClock> committed;  // by channel: the edges before it are decided
  std::vector<int> short_parts;      // by channel: unfinished short transactions
  TransactionBook book;
  Picoseconds period;
  Bytes capacity;
  int burst_bits;
  Picoseconds now = 0;
  DramClock edge = 0;      // the first at or after `now`; those before it are final
  DramClock promised = 0;  // nothing that completes after `now` completes before
  bool is_settled = true;
};

DramSystem::DramSystem(const DramConfig& config) : state_(std::make_unique<State>(config)) {}
DramSystem::~DramSystem() = default;
DramSystem::DramSystem(DramSystem&&) noexcept = default;
DramSystem& DramSystem::operator=(DramSystem&&) noexcept = default;

const DramConfig& DramSystem::config() const { return state_->config; }

TransactionId DramSystem::submit(Picoseconds now, std::int64_t address, Bytes bytes,
                                 Access access) {
  State& s = *state_;
  s.check(address, bytes);
  s.set_time(now);
  const std::int64_t first = s.first_burst(address), last = s.last_burst(address, bytes);
  const bool is_short =
      last - first <= State::kShortBursts && s.interleave.is_one_block(first, last);
  return is_short ? s.submit_short(first, last - first, access)
                  : s.submit_long(first, last, access);
}

void DramSystem::advance_to(Picoseconds now) { state_->set_time(now); }

std::optional<Picoseconds> DramSystem::next_completion() const { return state_->next_completion(); }

std::optional<DramCompletion> DramSystem::pop_completion() {
  State& s = *state_;
  s.settle();
  const std::optional<TransactionBook::Complete> next = s.book.pop_complete(s.last_edge());
  if (!next) return std::nullopt;
  return DramCompletion{next->id, next->clock * s.period};
}

Picoseconds DramSystem::fence(Picoseconds now, Picoseconds alignment_ps) {
  State& s = *state_;
  if (alignment_ps <= 0) throw std::out_of_range("the fence's alignment must be positive");
  s.set_time(now);
  s.commit_all();
  DramClock ready = 0;
  for (std::size_t c = 0; c < s.channels.size(); ++c) {
    ready = std::max(ready, s.channels[c].drain_and_refresh());
    s.collect(c);
  }
  const Picoseconds step = std::lcm(s.period, alignment_ps);
  s.now = whole_steps(ready * s.period, step) * step;
  s.edge = s.now / s.period;
  s.promised = 0;
  for (std::size_t c = 0; c < s.channels.size(); ++c) {
    s.channels[c].restart_at(s.edge);  // everything is complete
    s.committed[c] = s.edge;
  }
  return s.now;
}

bool DramSystem::has_room(std::int64_t address, Bytes bytes, Access access) const {
  State& s = *state_;
  s.check(address, bytes);
  const InterleavedRange range =
      s.interleave.range(s.first_burst(address), s.last_burst(address, bytes));
  for (int i = 0; i < range.parts; ++i) {
    const int channel = s.interleave.nth_channel(range.begin.channel, i);
    const auto c = static_cast<std::size_t>(channel);
    s.commit(c);
    if (!s.channels[c].has_room(access, s.interleave.part(range, channel).count)) return false;
  }
  return true;
}

std::int64_t DramSystem::pending_bursts() const {
  state_->commit_all();
  std::int64_t total = 0;
  for (const DramChannel& channel : state_->channels) total += channel.pending_bursts();
  return total;
}

DramStatistics DramSystem::statistics() const {
  state_->commit_all();
  DramStatistics total;
  for (const DramChannel& channel : state_->channels) total += channel.statistics();
  return total;
}

DramStatistics DramSystem::statistics(int channel) const {
  const auto c = static_cast<std::size_t>(channel);
  const DramChannel& asked = state_->channels.at(c);
  state_->commit(c);
  return asked.statistics();
}

void DramSystem::log_commands(int channel, std::vector<DramCommand>* log) {
  state_->commit_all();
  state_->channels.at(static_cast<std::size_t>(channel)).log_commands(log);
}

}  // namespace nibble
