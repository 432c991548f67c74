#include "sim/dram/transaction_book.h"

#include <algorithm>
#include <limits>

namespace nibble {

std::uint32_t TransactionBook::open(int parts, bool is_short) {
  std::uint32_t slot;
  if (free_slots_.empty()) {
    slot = static_cast<std::uint32_t>(transactions_.size());
    transactions_.emplace_back();
    parts_.resize(parts_.size() + channels_, kNoPart);
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
  }
  transactions_[slot] = {next_id_++, parts, 0, 0, -1, is_short};
  return slot;
}

void TransactionBook::watch(std::uint32_t slot, DramClock bound) {
  watched_.push_back({bound, transactions_[slot].id, slot});
  std::push_heap(watched_.begin(), watched_.end(), BoundIsHigher{});
}

void TransactionBook::finish_part(std::uint32_t slot, int channel, DramClock clock) {
  Transaction& t = transactions_[slot];
  set_part(slot, channel, kNoPart);
  t.last_finish = std::max(t.last_finish, clock);
  if (--t.unfinished_parts > 0) return;
  complete_.push({t.id, t.last_finish});
  free_slots_.push_back(slot);
}

std::optional<TransactionBook::First> TransactionBook::first() {
  while (!watched_.empty()) {
    const Watched& w = watched_.front();
    if (!is_over(w)) return First{w.bound, w.slot};
    std::pop_heap(watched_.begin(), watched_.end(), BoundIsHigher{});
    watched_.pop_back();
  }
  return std::nullopt;
}

DramClock TransactionBook::second_bound() const {
  DramClock second = std::numeric_limits<DramClock>::max();
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
