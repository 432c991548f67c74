// Stages that were simulated before, by this run or by others of the same program: a sweep's points
// and their twins share most of theirs.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/base/shared_memory.h"
#include "sim/command/stage_key.h"
#include "sim/stats/run_statistics.h"

namespace nibble {

/// Of any number of chips. It lies in memory that forked children share with the process that made
/// it, which alone may add: they find what it knows, also what it learns after the fork. A child
/// makes a memo of its own on top of it, whose bytes it hands back.
class StageMemo {
 public:
  /// How many stages are kept, more are not: of a run, some 50 MB at most, and of a sweep.
  static constexpr std::size_t kOfARun = 50'000;
  static constexpr std::size_t kOfASweep = 300'000;

  /// Which stage on which chip (chip_key, stage_key).
  struct Key {
    Key128 chip;
    StageKey stage;
    bool operator==(const Key& other) const { return chip == other.chip && stage == other.stage; }
  };

  /// On top of `known`, if any, which must live as long. Throws std::system_error if there is no
  /// address space for `most` stages.
  explicit StageMemo(std::size_t most = kOfARun, const StageMemo* known = nullptr);

  /// The stage's own counts, if it is known.
  [[nodiscard]] std::optional<RunStatistics> find(const Key& key) const;
  /// What is known already stays. Throws std::logic_error for counts of more than one stage.
  void add(const Key& key, const RunStatistics& statistics);

  /// Stages that were added to this one.
  [[nodiscard]] std::size_t size() const { return size_; }
  /// Time to clear().
  [[nodiscard]] bool is_full() const { return size_ == most_; }
  /// Children that run keep what they know.
  void clear();

  /// All that was added to this one, for add_bytes of the same program.
  [[nodiscard]] std::vector<std::uint8_t> bytes() const;
  /// What is known already stays. Throws std::logic_error for bytes that are cut short.
  void add_bytes(const std::vector<std::uint8_t>& bytes);

 private:
  /// RunStatistics of one stage, in one piece.
  struct Entry {
    Key key;
    StageStatistics stage, total;
    std::array<Cycles, kUnits> busy;
    DramStatistics dram;
    std::int64_t memory_links;
  };
  /// 0, or an entry's place from 1. An entry is written before its slot: who sees the slot sees it
  /// whole.
  using Slot = std::atomic<std::uint32_t>;

  /// The slot of this key, or the empty one where it would lie.
  [[nodiscard]] Slot& slot_of(const Key& key) const;
  [[nodiscard]] const Entry* entry_of(const Key& key) const;
  void add_entry(const Entry& entry);
  [[nodiscard]] Slot* slots() const { return static_cast<Slot*>(slots_.data()); }
  [[nodiscard]] Entry* entries() const { return static_cast<Entry*>(entries_.data()); }

  std::size_t most_, slot_count_;
  const StageMemo* known_;
  SharedMemory slots_, entries_;
  std::size_t size_ = 0;
};

}  // namespace nibble
