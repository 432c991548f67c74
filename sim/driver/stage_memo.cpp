#include "sim/driver/stage_memo.h"

#include <cstring>
#include <stdexcept>
#include <type_traits>

namespace nibble {
namespace {

using Bytes8 = std::vector<std::uint8_t>;

template <typename Value>
void put(Bytes8& bytes, const Value& value) {
  static_assert(std::is_trivially_copyable_v<Value>);
  const std::size_t at = bytes.size();
  bytes.resize(at + sizeof value);
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

class Reader {
 public:
  explicit Reader(const Bytes8& bytes) : bytes_(bytes) {}
  [[nodiscard]] bool at_end() const { return at_ == bytes_.size(); }
  template <typename Value>
  void take(Value& value) {
    static_assert(std::is_trivially_copyable_v<Value>);
    if (bytes_.size() - at_ < sizeof value) throw std::logic_error("stages are cut short");
    std::memcpy(&value, bytes_.data() + at_, sizeof value);
    at_ += sizeof value;
  }

 private:
  const Bytes8& bytes_;
  std::size_t at_ = 0;
};

// Taken apart by structured bindings: a new member has to be thought of.

void put(Bytes8& bytes, const RunStatistics& statistics) {
  const auto& [stages, total, busy, dram, memory_links] = statistics;
  put(bytes, stages.size());
  for (const StageStatistics& stage : stages) put(bytes, stage);
  put(bytes, total);
  put(bytes, busy);
  put(bytes, dram);
  put(bytes, memory_links);
}

RunStatistics take_statistics(Reader& reader) {
  RunStatistics statistics;
  auto& [stages, total, busy, dram, memory_links] = statistics;
  std::size_t count = 0;
  reader.take(count);
  for (std::size_t i = 0; i < count; ++i) reader.take(stages.emplace_back());
  reader.take(total);
  reader.take(busy);
  reader.take(dram);
  reader.take(memory_links);
  return statistics;
}

}  // namespace

const RunStatistics* StageMemo::find(const Key& key) const {
  const auto found = index_.find(key);
  return found == index_.end() ? nullptr : found->second;
}

const RunStatistics& StageMemo::add(const Key& key, const RunStatistics& statistics) {
  entries_.push_back({key, statistics});
  const RunStatistics& kept = entries_.back().statistics;
  index_.emplace(key, &kept);
  return kept;
}

void StageMemo::clear() {
  index_.clear();
  entries_.clear();
}

std::vector<std::uint8_t> StageMemo::bytes_since(std::size_t size) const {
  Bytes8 bytes;
  for (std::size_t i = size; i < entries_.size(); ++i) {
    put(bytes, entries_[i].key);
    put(bytes, entries_[i].statistics);
  }
  return bytes;
}

void StageMemo::add_bytes(const std::vector<std::uint8_t>& bytes) {
  Reader reader(bytes);
  while (!reader.at_end()) {
    Key key{};
    reader.take(key);
    const RunStatistics statistics = take_statistics(reader);
    if (find(key) == nullptr) add(key, statistics);
  }
}

}  // namespace nibble
