#include "sim/dram/channel_state.h"

#include <algorithm>

namespace nibble {

ChannelState::ChannelState(const DramConfig& config)
    : decoder(config),
      table(std::make_shared<TimingTable>(make_timing_table(config))),
      after_command(config.parameters().command_buses == 1 ? 1 : 0),
      tccd_s(config.timing().tccd_s),
      tccd_l(config.timing().tccd_l),
      tfaw(config.timing().tfaw),
      trp_all_bank(config.timing().trp_all_bank),
      trfc_all_bank(config.timing().trfc_all_bank),
      trefi(config.timing().trefi),
      burst_clocks(config.burst_clocks()),
      least_column_distance(std::min(tccd_s, tccd_l)),
      write_drain_start(static_cast<std::uint32_t>(config.parameters().write_drain_start_entries)),
      write_drain_stop(static_cast<std::uint32_t>(config.parameters().write_drain_stop_entries)),
      banks_per_group_bits(
          __builtin_ctz(static_cast<unsigned>(config.parameters().banks_per_group))),
      bank_mask((1U << config.banks()) - 1) {
  queues[0].capacity = static_cast<std::uint32_t>(config.parameters().read_queue_entries);
  queues[0].column_latency = config.timing().cl;
  queues[1].capacity = static_cast<std::uint32_t>(config.parameters().write_queue_entries);
  queues[1].column_latency = config.timing().cwl;
  for (ChannelQueue& queue : queues) queue.free_slots = ~0U;
}

void ChannelState::enter_bursts(ChannelQueue& queue) {
  while (queue.waiting_bursts > 0 && queue.count < queue.capacity) {
    const std::uint32_t bit = 1U << queue.count;
    const BurstPlace place = take_waiting_burst(queue, clock);
    std::uint32_t &pending = queue.pending[place.bank], &hit = queue.hit[place.bank];
    const bool hits = (open_banks >> place.bank & 1U) != 0 && open_row[place.bank] == place.row;
    // A bank's candidate is its oldest hit, else its oldest entry; this entry is the youngest.
    const bool is_candidate = pending == 0 || (hits && hit == 0);
    if (is_candidate && &queue == &queues[mode]) forget_choice();
    pending |= bit;
    if (hits) hit |= bit;
  }
  if (next_mode() != mode) forget_choice();
}

void ChannelState::finish_run(std::uint32_t run, DramClock at) {
  runs[run].open = false;
  open_posted_runs -= runs[run].posted;
  finished.emplace_back(runs[run].tag, at);
}

void ChannelState::record(RelativeClock at, DramCommandKind kind, const BurstPlace& place) {
  if (log != nullptr) log->push_back({base + at, kind, place.bank, place.row, place.column});
}

void ChannelState::rebase() {
  const RelativeClock shift = clock;
  for (auto& lanes : earliest) {
    for (RelativeClock& e : lanes) e = std::max(e - shift, 0);
  }
  for (RelativeClock& a : activates) a = std::max(a - shift, -tfaw);
  quiet_until = std::max(quiet_until - shift, 0);
  choice_clock = std::max(choice_clock - shift, 0);
  refresh_due -= shift;
  opened_at = open_banks != 0 ? opened_at - shift : 0;
  clock = 0;
  base += shift;
}

bool schedule_refresh(ChannelState& s, RelativeClock limit) {
  s.choice_is_known = false;
  const bool precharge = s.open_banks != 0;
  const auto& rule = s.earliest[static_cast<int>(precharge ? DramCommandKind::precharge
                                                           : DramCommandKind::activate)];
  const std::uint32_t banks = precharge ? s.open_banks : s.bank_mask;
  RelativeClock clock = s.clock;
  for (int b = 0; b < kLanes; ++b) {
    if ((banks >> b & 1U) != 0) clock = std::max(clock, rule[b]);
  }
  if (clock >= limit) {
    s.quiet_until = clock;
    s.clock = limit;
    return false;
  }
  if (precharge) {
    s.open_banks = 0;
    s.active_clocks += clock - s.opened_at;
    for (ChannelQueue& queue : s.queues) {
      queue.paid = 0;
      std::fill(std::begin(queue.hit), std::end(queue.hit), 0U);
    }
  } else {
    s.refresh_due += s.trefi;
  }
  const DramCommandKind kind =
      precharge ? DramCommandKind::precharge_all : DramCommandKind::refresh_all;
  ++s.commands[static_cast<int>(kind)];
  s.record(clock, kind, {});
  auto& activate = s.earliest[static_cast<int>(DramCommandKind::activate)];
  const RelativeClock next = clock + (precharge ? s.trp_all_bank : s.trfc_all_bank);
  for (RelativeClock& e : activate) e = std::max(e, next);
  s.clock = clock + 1;
  return true;
}

}  // namespace nibble
