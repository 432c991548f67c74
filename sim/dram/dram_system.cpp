#include "sim/dram/dram_system.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <queue>
#include <stdexcept>
#include <string>

#include "sim/dram/dram_channel.h"

namespace nibble {
namespace {

/// Later completions first, so that the queue's top is the earliest.
struct CompletesLater {
  bool operator()(const DramCompletion& a, const DramCompletion& b) const {
    return a.time_ps != b.time_ps ? a.time_ps > b.time_ps : a.id > b.id;
  }
};

struct Transaction {
  TransactionId id = 0;
  int unfinished_channels = 0;  // 0: the slot is free
  DramClock last_finish = 0;
};

/// Steps of length `step` that cover `length`.
[[nodiscard]] constexpr std::int64_t whole_steps(std::int64_t length, std::int64_t step) {
  return (length + step - 1) / step;
}

/// Consecutive bursts of one channel.
struct ChannelRange {
  std::int64_t first = 0;
  std::int64_t count = 0;
};

}  // namespace

struct DramSystem::State {
  explicit State(const DramConfig& c)
      : config(c), channels(static_cast<std::size_t>(c.channels()), DramChannel(c)) {}

  /// The first edge that sees what is submitted at `time`; the edges before it are final then.
  [[nodiscard]] DramClock edge_at_or_after(Picoseconds time) const {
    return whole_steps(time, config.clock_period_ps());
  }

  [[nodiscard]] ChannelRange range_of(std::int64_t first, std::int64_t last, int channel) const {
    const std::int64_t n = config.channels();
    if (n == 1) return {first, last - first};
    // Adding n - 1 rounds up, and keeps the numerators from becoming negative.
    const std::int64_t begin = (first - channel + n - 1) / n, end = (last - channel + n - 1) / n;
    return {begin, end - begin};
  }

  void check_range(std::int64_t address, Bytes bytes) const {
    if (bytes <= 0) throw std::out_of_range("DRAM transaction of " + std::to_string(bytes) + " B");
    if (address < 0 || bytes > config.capacity_bytes() ||
        address > config.capacity_bytes() - bytes) {
      throw std::out_of_range("DRAM address " + std::to_string(address) + " + " +
                              std::to_string(bytes) + " B leaves the capacity of " +
                              std::to_string(config.capacity_bytes()) + " B");
    }
  }

  void advance(Picoseconds to) {
    if (to < now) throw std::logic_error("DRAM time runs backwards");
    if (to == now) return;  // a clock edge at `to` stays undecided
    now = to;
    const DramClock limit = edge_at_or_after(to);
    for (DramChannel& channel : channels) {
      channel.commit_before(limit);
      collect(channel);
    }
  }

  void collect(DramChannel& channel) {
    for (const ChannelFinish& f : channel.finished()) {
      Transaction& t = transactions[f.tag];
      t.last_finish = std::max(t.last_finish, f.clock);
      if (--t.unfinished_channels == 0) {
        completions.push({t.id, t.last_finish * config.clock_period_ps()});
        free_slots.push_back(f.tag);
      }
    }
    channel.finished().clear();
  }

  /// The earliest edge at which a transaction that is not in `completions` may complete, which is
  /// `soonest` at best: each waits for the last of its channels.
  [[nodiscard]] DramClock earliest_unknown(DramClock soonest) const {
    DramClock earliest = DramChannel::kNever;
    bool some_wait_for_several = false;
    for (const DramChannel& channel : channels) {
      channel.visit_unfinished([&](std::uint32_t tag, DramClock edge) {
        const Transaction& t = transactions[tag];
        if (t.unfinished_channels == 1) {
          earliest = std::min(earliest, std::max(edge, t.last_finish));
        } else {
          some_wait_for_several = true;
        }
        return earliest > soonest;
      });
      if (earliest <= soonest) return earliest;
    }
    return some_wait_for_several ? std::min(earliest, earliest_of_several()) : earliest;
  }

  /// The same for those that wait for more than one channel.
  [[nodiscard]] DramClock earliest_of_several() const {
    bounds.assign(transactions.size(), -1);
    for (const DramChannel& channel : channels) {
      channel.visit_unfinished([&](std::uint32_t tag, DramClock edge) {
        if (transactions[tag].unfinished_channels > 1) bounds[tag] = std::max(bounds[tag], edge);
        return true;
      });
    }
    DramClock earliest = DramChannel::kNever;
    for (std::size_t tag = 0; tag < bounds.size(); ++tag) {
      if (bounds[tag] < 0) continue;
      earliest = std::min(earliest, std::max(bounds[tag], transactions[tag].last_finish));
    }
    return earliest;
  }

  [[nodiscard]] std::uint32_t new_slot() {
    if (free_slots.empty()) {
      transactions.emplace_back();
      return static_cast<std::uint32_t>(transactions.size() - 1);
    }
    const std::uint32_t slot = free_slots.back();
    free_slots.pop_back();
    return slot;
  }

  DramConfig config;
  std::vector<DramChannel> channels;
  std::vector<Transaction> transactions;  // by tag
  std::vector<std::uint32_t> free_slots;
  std::priority_queue<DramCompletion, std::vector<DramCompletion>, CompletesLater> completions;
  mutable std::vector<DramClock> bounds;  // by tag; kept to avoid allocating
  Picoseconds now = 0;
  TransactionId next_id = 0;
};

DramSystem::DramSystem(const DramConfig& config) : state_(std::make_unique<State>(config)) {}
DramSystem::~DramSystem() = default;
DramSystem::DramSystem(DramSystem&&) noexcept = default;
DramSystem& DramSystem::operator=(DramSystem&&) noexcept = default;

const DramConfig& DramSystem::config() const { return state_->config; }

TransactionId DramSystem::submit(Picoseconds now, std::int64_t address, Bytes bytes,
                                 Access access) {
  State& s = *state_;
  s.check_range(address, bytes);
  s.advance(now);
  const std::int64_t first = address / s.config.burst_bytes();
  const std::int64_t last = whole_steps(address + bytes, s.config.burst_bytes());
  const std::uint32_t slot = s.new_slot();
  const auto parts = static_cast<int>(std::min<std::int64_t>(last - first, s.config.channels()));
  s.transactions[slot] = {s.next_id, parts, 0};
  for (int c = 0; c < s.config.channels(); ++c) {
    const ChannelRange range = s.range_of(first, last, c);
    if (range.count > 0) s.channels[c].submit(access, range.first, range.count, slot);
  }
  for (DramChannel& channel : s.channels) s.collect(channel);
  return s.next_id++;
}

void DramSystem::advance_to(Picoseconds now) { state_->advance(now); }

std::optional<Picoseconds> DramSystem::next_completion() const {
  const State& s = *state_;
  const Picoseconds period = s.config.clock_period_ps();
  Picoseconds known = std::numeric_limits<Picoseconds>::max();
  if (!s.completions.empty()) known = s.completions.top().time_ps;
  DramClock soonest = DramChannel::kNever;
  for (const DramChannel& channel : s.channels) {
    soonest = std::min(soonest, channel.soonest_finish());
  }
  if (known <= soonest * period) return known;
  const DramClock unknown = s.earliest_unknown(soonest);
  if (unknown != DramChannel::kNever) return std::min(known, unknown * period);
  if (s.completions.empty()) return std::nullopt;
  return known;
}

std::optional<DramCompletion> DramSystem::pop_completion() {
  State& s = *state_;
  if (s.completions.empty() || s.completions.top().time_ps > s.now) return std::nullopt;
  const DramCompletion top = s.completions.top();
  s.completions.pop();
  return top;
}

Picoseconds DramSystem::fence(Picoseconds now, Picoseconds alignment_ps) {
  State& s = *state_;
  if (alignment_ps <= 0) throw std::out_of_range("the fence's alignment must be positive");
  s.advance(now);
  DramClock ready = 0;
  for (DramChannel& channel : s.channels) {
    ready = std::max(ready, channel.drain_and_refresh());
    s.collect(channel);
  }
  const Picoseconds step = std::lcm(s.config.clock_period_ps(), alignment_ps);
  const Picoseconds end = whole_steps(ready * s.config.clock_period_ps(), step) * step;
  for (DramChannel& channel : s.channels) channel.restart_at(end / s.config.clock_period_ps());
  s.now = end;
  return end;
}

bool DramSystem::has_room(std::int64_t address, Bytes bytes, Access access) const {
  const State& s = *state_;
  s.check_range(address, bytes);
  const std::int64_t first = address / s.config.burst_bytes();
  const std::int64_t last = whole_steps(address + bytes, s.config.burst_bytes());
  for (int c = 0; c < s.config.channels(); ++c) {
    if (!s.channels[c].has_room(access, s.range_of(first, last, c).count)) return false;
  }
  return true;
}

std::int64_t DramSystem::pending_bursts() const {
  std::int64_t total = 0;
  for (const DramChannel& channel : state_->channels) total += channel.pending_bursts();
  return total;
}

DramStatistics DramSystem::statistics() const {
  DramStatistics total;
  for (const DramChannel& channel : state_->channels) total += channel.statistics();
  return total;
}

DramStatistics DramSystem::statistics(int channel) const {
  return state_->channels.at(static_cast<std::size_t>(channel)).statistics();
}

void DramSystem::log_commands(int channel, std::vector<DramCommand>* log) {
  state_->channels.at(static_cast<std::size_t>(channel)).log_commands(log);
}

}  // namespace nibble
