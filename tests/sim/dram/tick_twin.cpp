#include "tests/sim/dram/tick_twin.h"

#include <algorithm>

namespace nibble::twin {
namespace {
using Kind = DramCommandKind;
}

Outcome TickTwin::run(const std::vector<Request>& requests, long last_clock) {
  banks_.assign(
      static_cast<std::size_t>(p_.bank_groups) * static_cast<std::size_t>(p_.banks_per_group), {});
  refresh_due_ = p_.timing.trefi;
  outcome_.finish.assign(requests.size(), -1);
  for (const Request& r : requests) total_.push_back(static_cast<long>(r.bursts.size()));
  entered_.assign(requests.size(), 0);
  served_.assign(requests.size(), 0);
  for (long clock = 0; clock < last_clock; ++clock) {
    take_requests(requests, clock);
    set_mode();
    if (!tick_refresh(clock)) {
      const bool column = try_column(clock);
      if (p_.command_buses == 2) set_mode();
      if (!column || p_.command_buses == 2) try_row(clock);
    }
    count_active(clock);
  }
  if (active_since_ >= 0) outcome_.active_clocks += last_clock - active_since_;
  return outcome_;
}

void TickTwin::count_active(long clock) {
  const bool any =
      std::any_of(banks_.begin(), banks_.end(), [](const BankState& b) { return b.open; });
  if (any && active_since_ < 0) active_since_ = clock;
  if (!any && active_since_ >= 0) {
    outcome_.active_clocks += clock - active_since_;
    active_since_ = -1;
  }
}

void TickTwin::take_requests(const std::vector<Request>& requests, long clock) {
  while (next_request_ < requests.size() && requests[next_request_].clock <= clock) {
    const Request& r = requests[next_request_];
    for (Burst b : r.bursts) {
      b.owner = static_cast<int>(next_request_);
      outside_[r.is_write].push_back(b);
    }
    ++next_request_;
    fill_queues(clock);
  }
}

void TickTwin::fill_queues(long clock) {
  for (int w = 0; w < 2; ++w) {
    const int room = w == 1 ? p_.write_queue_entries : p_.read_queue_entries;
    while (static_cast<int>(queue_[w].size()) < room && !outside_[w].empty()) {
      Burst b = outside_[w].front();
      outside_[w].pop_front();
      b.number = arrivals_++;
      queue_[w].push_back(b);
      const auto owner = static_cast<std::size_t>(b.owner);
      ++entered_[owner];
      if (w == 1 && entered_[owner] == total_[owner] &&
          p_.write_completion == WriteCompletion::accepted) {
        outcome_.finish[owner] = clock + 1;
      }
    }
  }
}

void TickTwin::set_mode() {
  const long reads = static_cast<long>(queue_[0].size());
  const long writes = static_cast<long>(queue_[1].size());
  if (!write_mode_) {
    if (writes >= p_.write_drain_start_entries) write_mode_ = true;
    if (reads == 0 && writes != 0) write_mode_ = true;
  } else if (reads != 0 && (writes == 0 || writes <= p_.write_drain_stop_entries)) {
    write_mode_ = false;
  }
}

bool TickTwin::tick_refresh(long clock) {
  if (clock < refresh_due_) return false;
  const bool any_open =
      std::any_of(banks_.begin(), banks_.end(), [](const BankState& b) { return b.open; });
  Burst none;
  if (any_open) {
    for (int g = 0; g < p_.bank_groups; ++g) {
      for (int b = 0; b < p_.banks_per_group; ++b) {
        if (!banks_[g * p_.banks_per_group + b].open) continue;
        if (!legal(clock, Kind::precharge, g, b)) return true;
      }
    }
    issue(clock, Kind::precharge_all, none);
    for (BankState& b : banks_) b.open = false;
    for (auto& queue : queue_) {
      for (Burst& b : queue) b.paid = false;
    }
    return true;
  }
  if (legal(clock, Kind::refresh_all, 0, 0)) {
    issue(clock, Kind::refresh_all, none);
    refresh_due_ += p_.timing.trefi;
  }
  return true;
}

bool TickTwin::try_column(long clock) {
  const bool other = !write_mode_;
  bool paid_left = false;
  for (const Burst& b : queue_[other]) paid_left = paid_left || b.paid;
  auto& queue = queue_[paid_left ? other : write_mode_];
  const bool is_write = paid_left ? other : write_mode_;
  const Kind kind = is_write ? Kind::write : Kind::read;
  for (auto it = queue.begin(); it != queue.end(); ++it) {  // oldest first
    if (paid_left ? !it->paid : !is_hit(*it)) continue;
    if (!legal(clock, kind, it->group, it->bank)) continue;
    issue(clock, kind, *it);
    if (!it->paid) ++outcome_.row_hits;
    const auto owner = static_cast<std::size_t>(it->owner);
    const bool posted = is_write && p_.write_completion == WriteCompletion::accepted;
    if (++served_[owner] == total_[owner] && !posted) {
      const long latency = is_write ? p_.timing.cwl : p_.timing.cl;
      outcome_.finish[owner] = clock + latency + burst_clocks();
    }
    queue.erase(it);
    fill_queues(clock);
    return true;
  }
  return false;
}

bool TickTwin::try_row(long clock) {
  auto& queue = queue_[write_mode_];
  for (Burst& b : queue) {  // oldest first
    BankState& bank = bank_of(b);
    if (!bank.open) {
      if (!legal(clock, Kind::activate, b.group, b.bank)) continue;
      issue(clock, Kind::activate, b);
      bank = {true, b.row};
      b.paid = true;
      return true;
    }
    bool wanted = false;
    for (const Burst& x : queue) {
      wanted = wanted || (x.group == b.group && x.bank == b.bank && x.row == bank.row);
    }
    for (const Burst& x : queue_[!write_mode_]) {
      wanted = wanted || (x.paid && x.group == b.group && x.bank == b.bank);
    }
    if (wanted || !legal(clock, Kind::precharge, b.group, b.bank)) continue;
    Burst closing = b;
    closing.row = bank.row;
    issue(clock, Kind::precharge, closing);
    bank.open = false;
    return true;
  }
  return false;
}

void TickTwin::issue(long clock, Kind kind, const Burst& b) {
  history_.push_back({clock, kind, b.group, b.bank});
  const bool column = kind == Kind::read || kind == Kind::write;
  DramCommand c;
  c.clock = clock;
  c.kind = kind;
  c.bank = b.group * p_.banks_per_group + b.bank;
  c.row = static_cast<std::int32_t>(b.row);
  c.column = column ? static_cast<std::int32_t>(b.column) : 0;
  outcome_.commands.push_back(c);
}

bool TickTwin::legal(long clock, Kind kind, int group, int bank) const {
  int activates = 0;
  for (auto it = history_.rbegin(); it != history_.rend(); ++it) {
    if (clock - it->clock > 2L * p_.timing.trfc_all_bank) break;  // older than every rule
    if (!pair_legal(*it, clock, kind, group, bank)) return false;
    if (it->kind == Kind::activate && kind == Kind::activate && ++activates == 4 &&
        clock - it->clock < p_.timing.tfaw) {
      return false;
    }
  }
  return true;
}

// Whether `kind` may come at `clock` as far as the one older command is concerned.
bool TickTwin::pair_legal(const Issued& old, long clock, Kind kind, int group, int bank) const {
  const DramTiming& t = p_.timing;
  const long gap = clock - old.clock;
  const bool same_group = old.group == group;
  const bool same_bank = same_group && old.bank == bank;
  const bool old_read = old.kind == Kind::read, old_write = old.kind == Kind::write;
  switch (kind) {
    case Kind::activate:
      if (old.kind == Kind::activate && gap < (same_group ? t.trrd_l : t.trrd_s)) return false;
      if (old.kind == Kind::activate && same_bank && gap < t.trc) return false;
      if (old.kind == Kind::precharge && same_bank && gap < t.trp) return false;
      if (old.kind == Kind::precharge_all && gap < t.trp_all_bank) return false;
      return !(old.kind == Kind::refresh_all && gap < t.trfc_all_bank);
    case Kind::precharge:
      if (!same_bank) return true;
      if (old.kind == Kind::activate && gap < t.tras) return false;
      if (old_read && gap < t.trtp) return false;
      return !(old_write && gap < t.cwl + burst_clocks() + t.twr);
    case Kind::read:
      if (old.kind == Kind::activate && same_bank && gap < t.trcd_read) return false;
      if (old_read && gap < (same_group ? t.tccd_l : t.tccd_s)) return false;
      return !(old_write && gap < t.cwl + burst_clocks() + (same_group ? t.twtr_l : t.twtr_s));
    case Kind::write:
      if (old.kind == Kind::activate && same_bank && gap < t.trcd_write) return false;
      if (old_write && gap < (same_group ? t.tccd_l : t.tccd_s)) return false;
      return !(old_read && gap < t.cl + burst_clocks() + t.read_to_write_bubble - t.cwl);
    case Kind::refresh_all:
      if (old.kind == Kind::activate && gap < t.trc) return false;
      if (old.kind == Kind::precharge && gap < t.trp) return false;
      if (old.kind == Kind::precharge_all && gap < t.trp_all_bank) return false;
      return !(old.kind == Kind::refresh_all && gap < t.trfc_all_bank);
    case Kind::precharge_all:
      return true;
  }
  return true;
}

}  // namespace nibble::twin
