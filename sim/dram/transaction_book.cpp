#include "sim/dram/transaction_book.h"

#include <algorithm>

namespace nibble {

std::uint32_t TransactionBook::open(int first_channel, int parts) {
  std::uint32_t slot;
  if (free_slots_.empty()) {
    slot = static_cast<std::uint32_t>(transactions_.size());
    transactions_.emplace_back();
    runs_.resize(runs_.size() + static_cast<std::size_t>(channels_), kNoPart);
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
  }
  transactions_[slot] = {next_id_++, first_channel, parts, parts, 0, 0, -1};
  return slot;
}

void TransactionBook::watch(std::uint32_t slot, DramClock bound) {
  watched_.push_back({bound, transactions_[slot].id, slot});
  std::push_heap(watched_.begin(), watched_.end(), BoundIsHigher{});
}

void TransactionBook::finish_part(std::uint32_t slot, int channel, DramClock clock) {
  Transaction& t = transactions_[slot];
  const int part = channel - t.first_channel;
  set_run(slot, part < 0 ? part + channels_ : part, kNoPart);
  t.last_finish = std::max(t.last_finish, clock);
  if (--t.unfinished_parts > 0) return;
  complete(t.id, t.last_finish);
  free_slots_.push_back(slot);
}

std::optional<TransactionBook::First> TransactionBook::first() {
  while (!watched_.empty()) {
    const Watched& w = watched_.front();
    if (is_under_way(w.slot, w.id)) return First{w.bound, w.slot};
    std::pop_heap(watched_.begin(), watched_.end(), BoundIsHigher{});
    watched_.pop_back();
  }
  return std::nullopt;
}

DramClock TransactionBook::second_bound() const {
  DramClock second = kNever;
  for (std::size_t child = 1; child < std::min<std::size_t>(watched_.size(), 3); ++child) {
    second = std::min(second, watched_[child].bound);
  }
  return second;
}

void TransactionBook::raise_first(DramClock bound) {
  if (bound <= second_bound()) {
    watched_.front().bound = bound;
    return;
  }
  std::pop_heap(watched_.begin(), watched_.end(), BoundIsHigher{});
  watched_.back().bound = bound;
  std::push_heap(watched_.begin(), watched_.end(), BoundIsHigher{});
}

}  // namespace nibble
