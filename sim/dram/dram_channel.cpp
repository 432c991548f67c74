#include "sim/dram/dram_channel.h"

#include <algorithm>

namespace nibble {

DramChannel::DramChannel(const DramConfig& config)
    : state_(config),
      burst_bytes_(config.burst_bytes()),
      posted_writes_(config.parameters().write_completion == WriteCompletion::accepted) {
  restart_at(0);
}

void DramChannel::restart_at(DramClock clock) {
  ChannelState& s = state_;
  s.base = clock;
  s.clock = 0;
  s.forget_choice();
  s.mode = static_cast<int>(Access::read);
  for (auto& lanes : s.earliest) std::fill(std::begin(lanes), std::end(lanes), 0);
  std::fill(std::begin(s.activates), std::end(s.activates), -s.tfaw);
  s.refresh_due = s.trefi;
}

std::uint32_t DramChannel::submit(DramClock at, Access access, std::int64_t first,
                                  std::int64_t count, std::uint64_t tag) {
  ChannelState& s = state_;
  std::uint32_t index;
  if (s.free_runs.empty()) {
    index = static_cast<std::uint32_t>(s.runs.size());
    s.runs.emplace_back();
  } else {
    index = s.free_runs.back();
    s.free_runs.pop_back();
  }
  const bool posted = access == Access::write && posted_writes_;
  ChannelQueue& queue = s.queues[static_cast<int>(access)];
  // Its edge is not awaited if all before it have arrived, and more of them wait outside than
  // column commands can let in until then.
  const DramClock lead = at - (s.base + s.clock);
  const bool is_taken_now =
      queue.offered == queue.arrivals && lead <= queue.waiting_bursts * s.least_column_distance;
  queue.offered += count;
  s.runs[index] = {tag, kNoRun, first, count, count, queue.offered, true, posted, access};
  s.open_posted_runs += posted;
  if (is_taken_now) {
    take(index);
    return index;
  }
  offers_.emplace_back(at, index);
  // Entries only leave until then.
  const bool has_room = queue.count + queue.outside() <= queue.capacity;
  if (posted && has_room) s.finish_run(index, at + 1);
  return index;
}

void DramChannel::take(std::uint32_t index) {
  ChannelState& s = state_;
  const ChannelRun& run = s.runs[index];
  ChannelQueue& queue = s.queues[static_cast<int>(run.access)];
  queue.arrivals += run.to_enter;
  queue.waiting_bursts += run.to_enter;
  if (queue.first_waiting == kNoRun) {
    queue.first_waiting = index;
  } else {
    s.runs[queue.last_waiting].next_waiting = index;
  }
  queue.last_waiting = index;
  s.enter_bursts(queue);
}

void DramChannel::commit_before(DramClock limit) {
  if (!offers_.empty()) {
    auto offer = offers_.begin();
    for (; offer != offers_.end() && offer->at <= limit; ++offer) {
      decide_before(offer->at);
      take(offer->run);
    }
    offers_.erase(offers_.begin(), offer);
  }
  decide_before(limit);
}

void DramChannel::decide_before(DramClock limit) {
  ChannelState& s = state_;
  while (s.base + s.clock < limit) {
    if (s.clock >= kMostRelative / 2) s.rebase();
    const DramClock relative = limit - s.base;
    const auto until = static_cast<RelativeClock>(std::min<DramClock>(relative, kMostRelative));
    if (until <= s.quiet_until) {
      s.clock = until;
    } else {
      schedule_before(s, until, false);
    }
  }
}

DramClock DramChannel::drain_and_refresh() {
  ChannelState& s = state_;
  while (pending_bursts() > 0) {
    if (s.clock >= kMostRelative / 2) s.rebase();
    schedule_before(s, kMostRelative, true);
  }
  if (s.open_banks != 0) schedule_refresh(s, kNeverRelative);
  schedule_refresh(s, kNeverRelative);
  return s.base + s.clock - 1 + s.trfc_all_bank;
}

DramClock DramChannel::soonest_finish() const {
  const ChannelState& s = state_;
  if (s.open_posted_runs > 0) return next_command() + 1;
  const int latency = posted_writes_
                          ? s.queues[0].column_latency
                          : std::min(s.queues[0].column_latency, s.queues[1].column_latency);
  return next_command() + latency + s.burst_clocks;
}

bool DramChannel::has_room(Access access, std::int64_t count) const {
  const ChannelQueue& queue = state_.queues[static_cast<int>(access)];
  const std::int64_t before = queue.count + queue.outside();
  return before == 0 || before + count <= queue.capacity;
}

std::int64_t DramChannel::pending_bursts() const {
  std::int64_t total = 0;
  for (const ChannelQueue& queue : state_.queues) total += queue.count + queue.outside();
  return total;
}

DramStatistics DramChannel::statistics() const {
  DramStatistics statistics;
  std::copy(std::begin(state_.commands), std::end(state_.commands), statistics.commands.begin());
  statistics.bytes_read = statistics.count(DramCommandKind::read) * burst_bytes_;
  statistics.bytes_written = statistics.count(DramCommandKind::write) * burst_bytes_;
  statistics.row_hits = state_.row_hits;
  statistics.data_bus_busy_clocks = statistics.bursts() * state_.burst_clocks;
  statistics.active_clocks = state_.active_clocks;
  if (state_.open_banks != 0) statistics.active_clocks += state_.clock - state_.opened_at;
  return statistics;
}

}  // namespace nibble
