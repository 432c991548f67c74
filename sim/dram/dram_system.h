// The memory of a chip: all channels behind one address space, one transaction a DMA descriptor.
// Fed by sim/chip's TLM target (or the trace driver), read by nobody else. No SystemC, no values:
// a transaction is a range of addresses and the engine says when it is done.
//
// Time discipline ("commit before"): a decision at clock edge e is final once somebody submits or
// advances at a time > e, and takes part in no roll-back. So a caller that submits in order of time
// and waits for completions gets exactly what a clock-by-clock controller would do.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "sim/dram/dram_config.h"
#include "sim/dram/dram_statistics.h"
#include "sim/dram/transaction_book.h"

namespace nibble {

/// A finished transaction. A read is complete when its last data beat has left the bus, a write as
/// WriteCompletion says.
struct DramCompletion {
  TransactionId id = 0;
  Picoseconds time_ps = 0;
};

class DramSystem {
 public:
  explicit DramSystem(const DramConfig& config);
  ~DramSystem();
  DramSystem(DramSystem&&) noexcept;
  DramSystem& operator=(DramSystem&&) noexcept;

  [[nodiscard]] const DramConfig& config() const;

  /// Offers bytes [address, address + bytes) at `now`; they take part in decisions from the first
  /// clock edge at or after `now`. Bursts that are touched in part move whole. Transactions of one
  /// kind enter a channel's queue in the order of submission; what finds the queue full waits
  /// outside it, without limit. Ids count up from 0.
  /// Throws std::out_of_range if the range is empty or leaves the capacity, std::logic_error if
  /// `now` lies before an earlier call's time.
  TransactionId submit(Picoseconds now, std::int64_t address, Bytes bytes, Access access);

  /// Makes final every decision at clock edges before `now`. Same errors as submit.
  void advance_to(Picoseconds now);

  /// No transaction completes before this time, unless something is submitted: then ask again.
  /// Exact as soon as the completion's command is final. Empty if nothing is under way.
  [[nodiscard]] std::optional<Picoseconds> next_completion() const;

  /// The completions known so far with time <= the last time advanced to, by time, then id. Each is
  /// returned once.
  std::optional<DramCompletion> pop_completion();

  /// Brings the memory into its canonical state: serves everything submitted, precharges all banks,
  /// refreshes, waits for the next time that is a multiple of both the DRAM clock and
  /// `alignment_ps` (the caller's clock period), and restarts the refresh interval there. Returns
  /// that time; nothing may be submitted before it. Whatever follows takes the same time after
  /// every fence. Completions can be popped as usual.
  Picoseconds fence(Picoseconds now, Picoseconds alignment_ps);

  /// True if a transaction submitted now would find room in the queues for all its bursts, or an
  /// empty queue.
  [[nodiscard]] bool has_room(std::int64_t address, Bytes bytes, Access access) const;

  /// Bursts submitted and not yet served, queued or not.
  [[nodiscard]] std::int64_t pending_bursts() const;

  /// Counts of the decisions that are final, all channels together, or one.
  [[nodiscard]] DramStatistics statistics() const;
  [[nodiscard]] DramStatistics statistics(int channel) const;

  /// Every command of `channel` from now on is appended to `log` (not owned; null stops it) when it
  /// is decided, for which the channel takes its time; statistics() makes it complete.
  void log_commands(int channel, std::vector<DramCommand>* log);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace nibble
