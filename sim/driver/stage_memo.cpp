#include "sim/driver/stage_memo.h"

#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>
#include <type_traits>

#include <sys/mman.h>

namespace nibble {

void StageMemo::Release::operator()(Entry* entries) const { std::free(entries); }

std::optional<RunStatistics> StageMemo::find(const Key& key) const {
  const auto found = index_.find(key);
  if (found == index_.end()) return std::nullopt;
  const Entry& at = entry(found->second);
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
  if (!index_.emplace(entry.key, size_).second) return;
  if (size_ == chunks_.size() * kChunkEntries) {
    void* const memory = std::aligned_alloc(kChunkBytes, kChunkBytes);
    if (memory == nullptr) throw std::bad_alloc();
    (void)madvise(memory, kChunkBytes, MADV_HUGEPAGE);  // where there are none, small ones do
    chunks_.emplace_back(static_cast<Entry*>(memory));
  }
  new (chunks_.back().get() + size_ % kChunkEntries) Entry(entry);
  ++size_;
}

void StageMemo::clear() {
  index_.clear();
  chunks_.clear();
  size_ = 0;
}

std::vector<std::uint8_t> StageMemo::bytes_since(std::size_t size) const {
  std::vector<std::uint8_t> bytes((size_ - size) * sizeof(Entry));
  for (std::size_t i = size; i < size_; ++i) {
    std::memcpy(bytes.data() + (i - size) * sizeof(Entry), &entry(i), sizeof(Entry));
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
