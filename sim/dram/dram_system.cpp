#include "sim/dram/dram_system.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>

#include "sim/dram/dram_channel.h"

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
  /// A transaction of so few bursts in one channel may finish as soon as any could: instead of
  /// being watched it takes the channel's word.
  static constexpr Bytes kShortBursts = 4;

  explicit State(const DramConfig& c)
      : config(c),
        interleave(c),
        channels(static_cast<std::size_t>(c.channels()), DramChannel(c)),
        soonest(channels.size(), DramChannel::kNever),
        committed(channels.size(), 0),
        short_parts(channels.size(), 0),
        book(c.channels()),
        period(c.clock_period_ps()),
        capacity(c.capacity_bytes()),
        burst_bits(__builtin_ctzll(static_cast<unsigned long long>(c.burst_bytes()))) {}

  /// The bursts that bytes [address, address + bytes) touch.
  [[nodiscard]] InterleavedRange range_of(std::int64_t address, Bytes bytes) const {
    if (bytes <= 0) throw std::out_of_range("DRAM transaction of " + std::to_string(bytes) + " B");
    if (address < 0 || bytes > capacity || address > capacity - bytes) {
      throw std::out_of_range("DRAM address " + std::to_string(address) + " + " +
                              std::to_string(bytes) + " B leaves the capacity of " +
                              std::to_string(capacity) + " B");
    }
    return interleave.range(address >> burst_bits, ((address + bytes - 1) >> burst_bits) + 1);
  }

  void set_time(Picoseconds to) {
    if (to < now) throw std::logic_error("DRAM time runs backwards");
    if (to == now) return;  // a clock edge at `to` stays undecided
    now = to;
    edge = whole_steps(to, period);
    is_settled = false;
    if (logged) commit_all();
  }

  /// Makes final what the channel decides before the present.
  void commit(std::size_t c) {
    if (committed[c] == edge) return;
    channels[c].commit_before(edge);
    committed[c] = edge;
    collect(c);
  }
  void commit_all() {
    for (std::size_t c = 0; c < channels.size(); ++c) commit(c);
  }

  void collect(std::size_t c) {
    std::vector<ChannelFinish>& finished = channels[c].finished();
    for (const ChannelFinish& f : finished) {
      short_parts[c] -= book.at(f.tag).is_short;
      book.finish_part(f.tag, static_cast<int>(c), f.clock);
    }
    finished.clear();
    soonest[c] = short_parts[c] > 0 ? channels[c].soonest_finish() : DramChannel::kNever;
  }

  [[nodiscard]] std::size_t soonest_channel() const {
    std::size_t first = 0;
    for (std::size_t c = 1; c < soonest.size(); ++c) {
      if (soonest[c] < soonest[first]) first = c;
    }
    return first;
  }

  /// Everything that completes up to the present is in the book as complete afterwards.
  void settle() {
    if (is_settled) return;
    is_settled = true;
    const DramClock last = edge * period == now ? edge : edge - 1;
    for (std::size_t c = soonest_channel(); soonest[c] <= last; c = soonest_channel()) commit(c);
    for (auto first = book.first(); first && first->bound <= last; first = book.first()) {
      look_at(*first);
    }
  }

  /// Takes the channels of the first transaction under way to the present, as many as it takes to
  /// see that another one is first now, or that this one is.
  void look_at(TransactionBook::First first) {
    const DramClock enough = book.second_bound();
    const TransactionBook::Transaction& t = book.at(first.slot);
    const auto n = static_cast<int>(channels.size());
    DramClock bound = first.bound;
    int slowest = t.slowest_channel, looks = 0;
    for (int c = slowest; looks < n && bound <= enough; ++looks, c = c + 1 == n ? 0 : c + 1) {
      if (book.part(first.slot, c) == TransactionBook::kNoPart) continue;
      commit(static_cast<std::size_t>(c));
      if (t.unfinished_parts == 0) return;
      const std::uint32_t run = book.part(first.slot, c);
      if (run == TransactionBook::kNoPart) continue;
      const DramClock part = channels[static_cast<std::size_t>(c)].soonest_finish(run);
      if (part > bound) slowest = c;
      bound = std::max(bound, part);
    }
    book.at(first.slot).slowest_channel = slowest;
    book.raise_first(std::max(bound, t.last_finish));
    if (looks == n) book.at(first.slot).looked_at = edge;
  }

  /// No short transaction that is not known to be complete completes before; told from the present.
  [[nodiscard]] DramClock soonest_short() {
    for (;;) {
      const std::size_t c = soonest_channel();
      if (committed[c] == edge || soonest[c] == DramChannel::kNever) return soonest[c];
      commit(c);
    }
  }

  [[nodiscard]] std::optional<Picoseconds> next_completion() {
    const DramClock least = soonest_short();
    for (;;) {
      const std::optional<TransactionBook::First> first = book.first();
      const DramClock bound = first ? std::min(least, first->bound) : least;
      const TransactionBook::Complete* complete = book.next_complete();
      if (complete != nullptr && complete->clock <= bound) return complete->clock * period;
      if (bound == DramChannel::kNever) return std::nullopt;
      if (bound == least || book.at(first->slot).looked_at == edge) return bound * period;
      look_at(*first);
    }
  }

  DramConfig config;
  ChannelInterleave interleave;
  std::vector<DramChannel> channels;
  std::vector<DramClock> soonest;    // by channel: no part of a transaction finishes before
  std::vector<DramClock> committed;  // by channel: the edges before it are decided
  std::vector<int> short_parts;      // by channel: unfinished short transactions
  TransactionBook book;
  Picoseconds period;
  Bytes capacity;
  int burst_bits;
  Picoseconds now = 0;
  DramClock edge = 0;  // the first at or after `now`; those before it are final
  bool is_settled = true;
  bool logged = false;
};

DramSystem::DramSystem(const DramConfig& config) : state_(std::make_unique<State>(config)) {}
DramSystem::~DramSystem() = default;
DramSystem::DramSystem(DramSystem&&) noexcept = default;
DramSystem& DramSystem::operator=(DramSystem&&) noexcept = default;

const DramConfig& DramSystem::config() const { return state_->config; }

TransactionId DramSystem::submit(Picoseconds now, std::int64_t address, Bytes bytes,
                                 Access access) {
  State& s = *state_;
  const InterleavedRange range = s.range_of(address, bytes);
  s.set_time(now);
  const bool is_short = range.parts == 1 && bytes <= State::kShortBursts * s.config.burst_bytes();
  const std::uint32_t slot = s.book.open(range.parts, is_short);
  const TransactionId id = s.book.at(slot).id;
  DramClock bound = 0;
  bool is_complete = true;
  for (int i = 0; i < range.parts; ++i) {
    const int channel = s.interleave.nth_channel(range, i);
    const auto c = static_cast<std::size_t>(channel);
    s.commit(c);
    const BurstSpan span = s.interleave.part(range, channel);
    const std::uint32_t run = s.channels[c].submit(access, span.first, span.count, slot);
    s.book.set_part(slot, channel, run);
    s.short_parts[c] += is_short;
    s.collect(c);
    if (s.book.part(slot, channel) == TransactionBook::kNoPart) continue;
    bound = std::max(bound, s.channels[c].soonest_finish(run));
    is_complete = false;
  }
  if (!is_complete && !is_short) s.book.watch(slot, bound);
  return id;
}

void DramSystem::advance_to(Picoseconds now) { state_->set_time(now); }

std::optional<Picoseconds> DramSystem::next_completion() const { return state_->next_completion(); }

std::optional<DramCompletion> DramSystem::pop_completion() {
  State& s = *state_;
  s.settle();
  const TransactionBook::Complete* next = s.book.next_complete();
  if (next == nullptr || next->clock * s.period > s.now) return std::nullopt;
  const DramCompletion complete{next->id, next->clock * s.period};
  s.book.pop_complete();
  return complete;
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
  for (std::size_t c = 0; c < s.channels.size(); ++c) {
    s.channels[c].restart_at(s.edge);  // everything is complete
    s.committed[c] = s.edge;
  }
  return s.now;
}

bool DramSystem::has_room(std::int64_t address, Bytes bytes, Access access) const {
  State& s = *state_;
  const InterleavedRange range = s.range_of(address, bytes);
  for (int i = 0; i < range.parts; ++i) {
    const int channel = s.interleave.nth_channel(range, i);
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
  state_->logged = state_->logged || log != nullptr;
  state_->channels.at(static_cast<std::size_t>(channel)).log_commands(log);
}

}  // namespace nibble
