// Which transactions are under way, from when on each can be complete at the earliest, and which
// are complete. Kept by DramSystem, which fills in what the channels report. Slots are reused, so
// the book is as large as the most transactions ever under way at once, however long the run.
#pragma once

#include <cstdint>
#include <optional>
#include <queue>
#include <vector>

#include "sim/dram/dram_types.h"

namespace nibble {

using TransactionId = std::int64_t;

class TransactionBook {
 public:
  struct Complete {
    TransactionId id = 0;
    DramClock clock = 0;
  };
  static constexpr std::uint32_t kNoPart = ~0U;

  struct Transaction {
    TransactionId id = 0;
    int unfinished_parts = 0;   // parts lie in different channels; 0: complete
    int slowest_channel = 0;    // of its parts when last looked at: the first to ask again
    DramClock last_finish = 0;  // of the finished parts
    DramClock looked_at = -1;   // its bound is what all its channels knew then
    bool is_short = false;      // for DramSystem: not watched
  };

  explicit TransactionBook(int channels) : channels_(static_cast<std::size_t>(channels)) {}

  /// Opens a transaction with `parts` parts; returns its slot. Ids count up from 0.
  std::uint32_t open(int parts, bool is_short);
  /// One of its parts is `run` of `channel`.
  void set_part(std::uint32_t slot, int channel, std::uint32_t run) {
    parts_[slot * channels_ + static_cast<std::size_t>(channel)] = run;
  }
  /// kNoPart if it has none there or it is finished.
  [[nodiscard]] std::uint32_t part(std::uint32_t slot, int channel) const {
    return parts_[slot * channels_ + static_cast<std::size_t>(channel)];
  }
  /// All parts are set, and the transaction is not complete before `bound`.
  void watch(std::uint32_t slot, DramClock bound);
  void finish_part(std::uint32_t slot, int channel, DramClock clock);

  [[nodiscard]] Transaction& at(std::uint32_t slot) { return transactions_[slot]; }

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

  /// The complete transaction with the lowest (clock, id).
  [[nodiscard]] const Complete* next_complete() const {
    return complete_.empty() ? nullptr : &complete_.top();
  }
  void pop_complete() { complete_.pop(); }

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
  struct CompletesLater {
    bool operator()(const Complete& a, const Complete& b) const {
      return a.clock != b.clock ? a.clock > b.clock : a.id > b.id;
    }
  };

  [[nodiscard]] bool is_over(const Watched& w) const {
    const Transaction& t = transactions_[w.slot];
    return t.id != w.id || t.unfinished_parts == 0;
  }

  std::size_t channels_;
  std::vector<Transaction> transactions_;  // by slot
  std::vector<std::uint32_t> parts_;       // [slot][channel]: the channel's run
  std::vector<std::uint32_t> free_slots_;
  std::vector<Watched> watched_;  // a heap, the lowest bound first
  std::priority_queue<Complete, std::vector<Complete>, CompletesLater> complete_;
  TransactionId next_id_ = 0;
};

}  // namespace nibble
