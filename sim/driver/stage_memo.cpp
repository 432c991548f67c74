#include "sim/driver/stage_memo.h"

#include <cstring>
#include <stdexcept>
#include <type_traits>

namespace nibble {

std::optional<RunStatistics> StageMemo::find(const Key& key) const {
  const auto found = index_.find(key);
  if (found == index_.end()) return std::nullopt;
  const Entry& at = entries_[found->second];
  return RunStatistics{{at.stage}, at.total, at.busy, at.dram, at.memory_links};
}

void StageMemo::add(const Key& key, const RunStatistics& statistics) {
  // Taken apart by a structured binding: a new member has to be thought of.
  const auto& [stages, total, busy, dram, memory_links] = statistics;
  if (stages.size() != 1) throw std::logic_error("a memo of stages is told of several at once");
  add_entry({key, stages.front(), total, busy, dram, memory_links});
}

void StageMemo::add_entry(const Entry& entry) {
  static_assert(std::is_trivially_copyable_v<Entry>);
  if (index_.emplace(entry.key, size()).second) entries_.push_back(entry);
}

void StageMemo::clear() {
  index_.clear();
  entries_.clear();
}

std::vector<std::uint8_t> StageMemo::bytes_since(std::size_t size) const {
  std::vector<std::uint8_t> bytes((entries_.size() - size) * sizeof(Entry));
  for (std::size_t i = size; i < entries_.size(); ++i) {
    std::memcpy(bytes.data() + (i - size) * sizeof(Entry), &entries_[i], sizeof(Entry));
  }
  return bytes;
}

void StageMemo::add_bytes(const std::vector<std::uint8_t>& bytes) {
  if (bytes.size() % sizeof(Entry) != 0) throw std::logic_error("stages are cut short");
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(Entry)) {
    Entry entry;
    std::memcpy(&entry, bytes.data() + at, sizeof entry);
    add_entry(entry);
  }
}

}  // namespace nibble
