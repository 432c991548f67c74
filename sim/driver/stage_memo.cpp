#include "sim/driver/stage_memo.h"

#include <cstring>
#include <stdexcept>
#include <type_traits>

namespace nibble {
namespace {

constexpr std::size_t kSlotsAStage = 3;  // at least, so that the way to a free one is short

}  // namespace

StageMemo::StageMemo(std::size_t most, const StageMemo* known)
    : most_(most),
      slot_count_(kSlotsAStage * most + 1),
      known_(known),
      slots_(slot_count_ * sizeof(Slot)),
      entries_(most * sizeof(Entry)) {
  static_assert(std::is_trivially_copyable_v<Entry>);
  static_assert(Slot::is_always_lock_free);  // also between processes
}

StageMemo::Slot& StageMemo::slot_of(const Key& key) const {
  for (std::size_t at = key.stage[0] ^ key.chip[0];; ++at) {
    Slot& slot = slots()[at % slot_count_];
    const std::uint32_t place = slot.load(std::memory_order_acquire);
    if (place == 0 || entries()[place - 1].key == key) return slot;
  }
}

const StageMemo::Entry* StageMemo::entry_of(const Key& key) const {
  const std::uint32_t place = slot_of(key).load(std::memory_order_acquire);
  if (place != 0) return &entries()[place - 1];
  return known_ != nullptr ? known_->entry_of(key) : nullptr;
}

std::optional<RunStatistics> StageMemo::find(const Key& key) const {
  const Entry* at = entry_of(key);
  if (at == nullptr) return std::nullopt;
  return RunStatistics{{at->stage}, at->total, at->busy, at->dram, at->memory_links};
}

void StageMemo::add(const Key& key, const RunStatistics& statistics) {
  // Taken apart by a structured binding: a new member has to be thought of.
  const auto& [stages, total, busy, dram, memory_links] = statistics;
  if (stages.size() != 1) throw std::logic_error("a memo of stages is told of several at once");
  add_entry({key, stages.front(), total, busy, dram, memory_links});
}

void StageMemo::add_entry(const Entry& entry) {
  if (is_full() || entry_of(entry.key) != nullptr) return;
  entries()[size_++] = entry;
  slot_of(entry.key).store(static_cast<std::uint32_t>(size_), std::memory_order_release);
}

void StageMemo::clear() { *this = StageMemo(most_, known_); }

std::vector<std::uint8_t> StageMemo::bytes() const {
  std::vector<std::uint8_t> bytes(size_ * sizeof(Entry));
  if (size_ > 0) std::memcpy(bytes.data(), entries(), bytes.size());
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
