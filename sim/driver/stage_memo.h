// Stages that were simulated before, by this run or by others of the same program: a sweep's points
// and their twins share most of theirs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

#include "sim/command/stage_key.h"
#include "sim/stats/run_statistics.h"

namespace nibble {

/// Of any number of chips. Processes that fork inherit it; what a child adds it hands back as
/// bytes.
class StageMemo {
 public:
  static constexpr std::size_t kMostStages = 300'000;  // some 200 MB

  /// Which stage on which chip (chip_key, stage_key).
  struct Key {
    Key128 chip;
    StageKey stage;
    bool operator==(const Key& other) const { return chip == other.chip && stage == other.stage; }
  };

  /// The stage's own counts, or null. Good until clear().
  [[nodiscard]] const RunStatistics* find(const Key& key) const;
  /// Returns what was kept. Precondition: find(key) is null.
  const RunStatistics& add(const Key& key, const RunStatistics& statistics);

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  /// Time to clear(): memory stays bounded.
  [[nodiscard]] bool is_full() const { return size() >= kMostStages; }
  void clear();

  /// All that was added since the memo had `size` entries, for add_bytes of the same program.
  [[nodiscard]] std::vector<std::uint8_t> bytes_since(std::size_t size) const;
  /// What is known already stays. Throws std::logic_error for bytes that are cut short.
  void add_bytes(const std::vector<std::uint8_t>& bytes);

 private:
  struct Hash {
    std::size_t operator()(const Key& key) const { return key.stage[0] ^ key.chip[1]; }
  };
  struct Entry {
    Key key;
    RunStatistics statistics;
  };
  std::deque<Entry> entries_;  // in the order of adding; references stay good
  std::unordered_map<Key, const RunStatistics*, Hash> index_;
};

}  // namespace nibble
