// Stages that were simulated before, by this run or by others of the same program: a sweep's points
// and their twins share most of theirs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

#include "sim/command/stage_key.h"
#include "sim/stats/run_statistics.h"

namespace nibble {

/// Of any number of chips. Processes that fork inherit it; what a child adds it hands back as
/// bytes.
class StageMemo {
 public:
  static constexpr std::size_t kMostStages = 300'000;  // some 300 MB

  /// Which stage on which chip (chip_key, stage_key).
  struct Key {
    Key128 chip;
    StageKey stage;
    bool operator==(const Key& other) const { return chip == other.chip && stage == other.stage; }
  };

  /// The stage's own counts, if it is known.
  [[nodiscard]] std::optional<RunStatistics> find(const Key& key) const;
  /// What is known already stays. Throws std::logic_error for counts of more than one stage.
  void add(const Key& key, const RunStatistics& statistics);

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  /// Time to clear(): memory stays bounded.
  [[nodiscard]] bool is_full() const { return size() >= kMostStages; }
  void clear();

  /// All that was added since the memo had `size` entries, for add_bytes of the same program.
  [[nodiscard]] std::vector<std::uint8_t> bytes_since(std::size_t size) const;
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
  struct Hash {
    std::size_t operator()(const Key& key) const { return key.stage[0] ^ key.chip[1]; }
  };

  void add_entry(const Entry& entry);

  std::deque<Entry> entries_;  // in the order of adding; never copied as it grows
  std::unordered_map<Key, std::size_t, Hash> index_;
};

}  // namespace nibble
