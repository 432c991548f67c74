#include "sim/dram/dram_channel.h"

#include <algorithm>

namespace nibble {
namespace {

constexpr int index_of(Access access) { return static_cast<int>(access); }

constexpr DramCommandKind column_of(int queue) {
  return queue == index_of(Access::read) ? DramCommandKind::read : DramCommandKind::write;
}

}  // namespace

DramChannel::DramChannel(const DramConfig& config)
    : config_(config), decoder_(config), table_(make_timing_table(config)) {
  queues_[0].capacity = config.parameters().read_queue_entries;
  queues_[1].capacity = config.parameters().write_queue_entries;
  open_row_.fill(kClosed);
  restart_at(0);
}

void DramChannel::restart_at(DramClock clock) {
  clock_ = clock;
  quiet_until_ = clock;
  mode_ = index_of(Access::read);
  for (auto& lanes : earliest_) lanes.fill(clock);
  last_activates_.fill(clock - config_.timing().tfaw);
  refresh_due_ = clock + config_.timing().trefi;
}

void DramChannel::submit(Access access, std::int64_t first, std::int64_t count, std::uint32_t tag) {
  std::uint32_t slot;
  if (free_runs_.empty()) {
    slot = static_cast<std::uint32_t>(runs_.size());
    runs_.emplace_back();
  } else {
    slot = free_runs_.back();
    free_runs_.pop_back();
  }
  const bool is_read = access == Access::read;
  const bool posted =
      !is_read && config_.parameters().write_completion == WriteCompletion::accepted;
  runs_[slot] = {tag, first, count, count, true, posted, is_read};
  Queue& queue = queues_[index_of(access)];
  queue.waiting.push_back(slot);
  queue.waiting_bursts += count;
  quiet_until_ = clock_;
  refill(queue, clock_);
}

void DramChannel::finish(Run& run, DramClock clock) {
  finished_.push_back({run.tag, clock});
  run.open = false;
}

// Bursts that enter because of a decision at edge `clock`, or of a submission before it, take part
// from the next undecided edge on.
void DramChannel::refill(Queue& queue, DramClock clock) {
  while (!queue.waiting.empty() && static_cast<int>(queue.entries.size()) < queue.capacity) {
    Run& run = runs_[queue.waiting.front()];
    queue.entries.push_back({decoder_.place(run.next), queue.waiting.front()});
    ++run.next;
    --queue.waiting_bursts;
    if (--run.to_enter == 0) {
      queue.waiting.pop_front();
      if (run.posted) finish(run, clock + 1);
    }
  }
}

DramClock DramChannel::ready(DramCommandKind kind, int bank) const {
  const DramClock clock = std::max(clock_, earliest_[static_cast<std::size_t>(kind)][bank]);
  if (kind != DramCommandKind::activate) return clock;
  return std::max(clock, last_activates_[oldest_activate_] + config_.timing().tfaw);
}

bool DramChannel::hit_waits(const Queue& queue, int bank) const {
  return std::any_of(queue.entries.begin(), queue.entries.end(),
                     [&](const Entry& e) { return e.place.bank == bank && hits(e); });
}

void DramChannel::choose_mode() {
  const DramParameters& p = config_.parameters();
  const auto reads = static_cast<int>(queues_[0].entries.size());
  const auto writes = static_cast<int>(queues_[1].entries.size());
  if (mode_ == 0) {
    if (writes >= p.write_drain_start_entries || (reads == 0 && writes > 0)) mode_ = 1;
  } else if (reads > 0 && (writes <= p.write_drain_stop_entries)) {
    mode_ = 0;
  }
}

DramChannel::Choice DramChannel::next_column() const {
  const int other = 1 - mode_;
  const bool finish_paid = queues_[other].paid_count > 0;
  const int which = finish_paid ? other : mode_;
  const Queue& queue = queues_[which];
  Choice best;
  std::array<bool, kBanks> seen{};
  for (std::size_t i = 0; i < queue.entries.size(); ++i) {
    const Entry& e = queue.entries[i];
    if (!hits(e) || seen[e.place.bank]) continue;
    seen[e.place.bank] = true;
    if (finish_paid && !queue.paid[e.place.bank]) continue;
    const DramClock clock = ready(column_of(which), e.place.bank);
    if (clock < best.clock) best = {clock, column_of(which), i, which};
  }
  return best;
}

DramChannel::Choice DramChannel::next_row() const {
  const Queue& queue = queues_[mode_];
  Choice best;
  std::array<bool, kBanks> seen{};
  for (std::size_t i = 0; i < queue.entries.size(); ++i) {
    const int bank = queue.entries[i].place.bank;
    if (seen[bank]) continue;
    seen[bank] = true;
    const bool closed = open_row_[bank] == kClosed;
    if (!closed && (hit_waits(queue, bank) || queues_[1 - mode_].paid[bank])) continue;
    const DramCommandKind kind = closed ? DramCommandKind::activate : DramCommandKind::precharge;
    const DramClock clock = ready(kind, bank);
    if (clock < best.clock) best = {clock, kind, i, mode_};
  }
  return best;
}

void DramChannel::commit_before(DramClock limit) {
  while (clock_ < limit) {
    choose_mode();
    if (clock_ >= refresh_due_) {
      if (!commit_refresh(limit)) return;
      continue;
    }
    const Choice column = next_column(), row = next_row();
    const Choice& first = column.clock <= row.clock ? column : row;
    if (first.clock >= std::min(limit, refresh_due_)) {
      quiet_until_ = std::min(first.clock, refresh_due_);
      clock_ = std::min(limit, refresh_due_);
      continue;
    }
    issue(first);
    clock_ = first.clock + 1;
  }
}

// One command of the refresh; false if it comes at or after `limit`.
bool DramChannel::commit_refresh(DramClock limit) {
  const DramTiming& t = config_.timing();
  const auto& rule = earliest_[static_cast<std::size_t>(
      open_count_ > 0 ? DramCommandKind::precharge : DramCommandKind::activate)];
  DramClock clock = clock_;
  for (int b = 0; b < config_.banks(); ++b) {
    if (open_count_ == 0 || open_row_[b] != kClosed) clock = std::max(clock, rule[b]);
  }
  if (clock >= limit) {
    clock_ = limit;
    return false;
  }
  const bool precharge = open_count_ > 0;
  if (precharge) {
    for (int b = 0; b < config_.banks(); ++b) {
      if (open_row_[b] != kClosed) close(b, clock);
    }
    for (Queue& queue : queues_) {
      queue.paid.fill(false);
      queue.paid_count = 0;
    }
  } else {
    refresh_due_ += t.trefi;
  }
  record(clock, precharge ? DramCommandKind::precharge_all : DramCommandKind::refresh_all, {});
  const DramClock next = clock + (precharge ? t.trp_all_bank : t.trfc_all_bank);
  for (DramClock& e : earliest_[0]) e = std::max(e, next);
  clock_ = clock + 1;
  return true;
}

void DramChannel::issue(const Choice& choice) {
  const BurstPlace place = queues_[choice.queue].entries[choice.entry].place;
  BurstPlace logged = place;
  if (choice.kind == DramCommandKind::activate) {
    open(place.bank, place.row, choice.clock);
    logged.column = 0;
    queues_[choice.queue].paid[place.bank] = true;
    ++queues_[choice.queue].paid_count;
    last_activates_[oldest_activate_] = choice.clock;
    oldest_activate_ = (oldest_activate_ + 1) % 4;
  } else if (choice.kind == DramCommandKind::precharge) {
    logged.row = open_row_[place.bank];
    logged.column = 0;
    close(place.bank, choice.clock);
  }
  record(choice.clock, choice.kind, logged);
  apply(choice.kind, place.bank, choice.clock);
  if (choice.kind == DramCommandKind::read || choice.kind == DramCommandKind::write) {
    serve_column(choice);
  }
}

void DramChannel::serve_column(const Choice& choice) {
  Queue& queue = queues_[choice.queue];
  const Entry entry = queue.entries[choice.entry];
  if (queue.paid[entry.place.bank]) {
    queue.paid[entry.place.bank] = false;
    --queue.paid_count;
  } else {
    ++statistics_.row_hits;
  }
  const bool is_read = choice.kind == DramCommandKind::read;
  (is_read ? statistics_.bytes_read : statistics_.bytes_written) += config_.burst_bytes();
  statistics_.data_bus_busy_clocks += config_.burst_clocks();
  queue.entries.erase(queue.entries.begin() + static_cast<std::ptrdiff_t>(choice.entry));
  Run& run = runs_[entry.run];
  if (--run.to_finish == 0) {
    const DramTiming& t = config_.timing();
    if (!run.posted) {
      finish(run, choice.clock + (is_read ? t.cl : t.cwl) + config_.burst_clocks());
    }
    free_runs_.push_back(entry.run);
  }
  refill(queue, choice.clock);
}

void DramChannel::apply(DramCommandKind kind, int bank, DramClock clock) {
  const auto& after = table_.after[static_cast<std::size_t>(kind)][bank];
  for (int next = 0; next < kBankCommands; ++next) {
    for (int b = 0; b < config_.banks(); ++b) {
      if (after[next][b] != 0) {
        earliest_[next][b] = std::max(earliest_[next][b], clock + after[next][b]);
      }
    }
  }
}

void DramChannel::record(DramClock clock, DramCommandKind kind, const BurstPlace& place) {
  ++statistics_.commands[static_cast<std::size_t>(kind)];
  if (log_ != nullptr) log_->push_back({clock, kind, place.bank, place.row, place.column});
}

void DramChannel::open(int bank, int row, DramClock clock) {
  open_row_[bank] = row;
  if (open_count_++ == 0) opened_at_ = clock;
}

void DramChannel::close(int bank, DramClock clock) {
  open_row_[bank] = kClosed;
  if (--open_count_ == 0) statistics_.active_clocks += clock - opened_at_;
}

DramClock DramChannel::drain_and_refresh() {
  while (pending_bursts() > 0) commit_before(clock_ + 1);
  refresh_due_ = clock_;
  while (refresh_due_ <= clock_) {
    if (!commit_refresh(kNever)) break;
  }
  return clock_ - 1 + config_.timing().trfc_all_bank;
}

DramClock DramChannel::earliest_finish(const Run& run) const {
  const DramClock next = std::max(clock_, quiet_until_);
  const int burst = config_.burst_clocks();
  if (run.posted) return next + (run.to_enter - 1) * burst + 1;
  const DramTiming& t = config_.timing();
  return next + run.to_finish * burst + (run.is_read ? t.cl : t.cwl);
}

bool DramChannel::has_room(Access access, std::int64_t count) const {
  const Queue& queue = queues_[index_of(access)];
  return static_cast<std::int64_t>(queue.entries.size()) + queue.waiting_bursts + count <=
         queue.capacity;
}

std::int64_t DramChannel::pending_bursts() const {
  std::int64_t total = 0;
  for (const Queue& queue : queues_) {
    total += static_cast<std::int64_t>(queue.entries.size()) + queue.waiting_bursts;
  }
  return total;
}

}  // namespace nibble
