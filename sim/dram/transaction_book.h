// Which transactions are under way, from when on each can be complete at the earliest, and which
// are complete. Kept by DramSystem, which fills in what the channels report. Slots are reused, so
// the book is as large as the most transactions ever under way at once, however long the run.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "sim/dram/completion_calendar.h"
#include "sim/dram/dram_types.h"

namespace nibble {

class TransactionBook {
 public:
  using Complete = CompletionCalendar::Entry;
  static constexpr std::uint32_t kNoPart = ~0U;
  static constexpr DramClock kNever = std::numeric_limits<DramClock>::max();

  struct Transaction {
    TransactionId id = 0;
    int first_channel = 0;  // part i lies in channel first_channel + i, modulo their number
    int parts = 0;
    int unfinished_parts = 0;   // 0: complete
    int slowest_part = 0;       // when last looked at: the first to ask again
    DramClock last_finish = 0;  // of the finished parts
    DramClock looked_at = -1;   // its bound is what all its channels knew then
  };

  explicit TransactionBook(int channels) : channels_(channels) {}

  /// Opens a transaction with `parts` parts; returns its slot. Ids count up from 0.
  std::uint32_t open(int first_channel, int parts);
  /// The id of a transaction that is in nobody's book until it is complete.
  TransactionId open_short() { return next_id_++; }
  /// `clock` is above that of every completion that was popped.
  void complete(TransactionId id, DramClock clock) { complete_.add(id, clock); }
  /// Its part `part` is `run` of that part's channel.
  void set_run(std::uint32_t slot, int part, std::uint32_t run) {
    runs_[at_part(slot, part)] = run;
  }
  /// kNoPart if it is finished.
  [[nodiscard]] std::uint32_t run(std::uint32_t slot, int part) const {
    return runs_[at_part(slot, part)];
  }
  /// All parts are set, and the transaction is not complete before `bound`.
  void watch(std::uint32_t slot, DramClock bound);
  void finish_part(std::uint32_t slot, int channel, DramClock clock);

  [[nodiscard]] Transaction& at(std::uint32_t slot) { return transactions_[slot]; }
  /// Slots are reused, so it takes both to know.
  [[nodiscard]] bool is_under_way(std::uint32_t slot, TransactionId id) const {
    return transactions_[slot].id == id && transactions_[slot].unfinished_parts > 0;
  }

  /// The watched transaction under way that can be complete first, as far as is known.
  struct First {
    DramClock bound = 0;
    std::uint32_t slot = 0;
  };
  [[nodiscard]] std::optional<First> first();
  /// No other watched transaction can be complete before this edge.
  [[nodiscard]] DramClock second_bound() const;
  /// Raises the bound of first().
  void raise_first(DramClock bound);

  /// The lowest clock of a complete transaction that was not popped; kNever without any.
  [[nodiscard]] DramClock first_complete() const { return complete_.first(); }
  /// The complete transaction with the lowest (clock, id), if it is complete at `last` or before;
  /// `last` never decreases, and nothing that becomes complete afterwards is complete before.
  [[nodiscard]] std::optional<Complete> pop_complete(DramClock last) { return complete_.pop(last); }

 private:
  /// An entry whose transaction is complete stays until it is the first, which it soon is.
  struct Watched {
    DramClock bound;
    TransactionId id;
    std::uint32_t slot;
  };
  struct BoundIsHigher {
    bool operator()(const Watched& a, const Watched& b) const {
      return a.bound != b.bound ? a.bound > b.bound : a.id > b.id;
    }
  };
  [[nodiscard]] std::size_t at_part(std::uint32_t slot, int part) const {
    return std::size_t{slot} * static_cast<std::size_t>(channels_) + static_cast<std::size_t>(part);
  }

  int channels_;
  std::vector<Transaction> transactions_;  // by slot
  std::vector<std::uint32_t> runs_;        // [slot][part]: the channel's run
  std::vector<std::uint32_t> free_slots_;
  std::vector<Watched> watched_;  // a heap, the lowest bound first
  CompletionCalendar complete_;
  TransactionId next_id_ = 0;
};

}  // namespace nibble
