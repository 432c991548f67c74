#include "sim/timeline/slice_store.h"

#include <algorithm>
#include <utility>

namespace nibble {
namespace {

/// `next` follows `slice` on the same unit.
void join(Slice& slice, const Slice& next) {
  if (slice.kind != next.kind) slice.kind = "several kinds";
  slice.detail.clear();
  slice.commands += next.commands;
  slice.end = next.end;
  slice.busy += next.busy;
  slice.macs += next.macs;
  slice.elements += next.elements;
  slice.bytes += next.bytes;
  slice.streaming += next.streaming;
  slice.weight_load += next.weight_load;
  slice.fill_drain += next.fill_drain;
}

}  // namespace

void SliceStore::place(Slice slice) {
  const Owner owner{slice.stage, slice.core, slice.unit};
  if (!last_.empty() && std::get<0>(last_.begin()->first) != slice.stage) last_.clear();
  const auto known = last_.find(owner);
  if (known != last_.end() && slices_[known->second].commands + slice.commands <= group_) {
    return join(slices_[known->second], slice);
  }
  last_[owner] = slices_.size();
  slices_.push_back(std::move(slice));
}

void SliceStore::halve() {
  group_ *= 2;
  last_.clear();
  for (Slice& slice : std::exchange(slices_, {})) place(std::move(slice));
}

void SliceStore::add(Slice slice) {
  if (full_) {
    dropped_ += slice.commands;
    return;
  }
  place(std::move(slice));
  while (slices_.size() > most_ && !full_) {
    std::int64_t longest = 0;
    for (const Slice& at : slices_) longest = std::max(longest, at.commands);
    // A group twice as long as the longest slice and no two slices were joined: none ever will be.
    const std::size_t before = slices_.size();
    halve();
    full_ = slices_.size() == before && group_ >= 2 * longest;
  }
  if (!full_) return;
  group_ = 1;
  for (const Slice& at : slices_) group_ = std::max(group_, at.commands);
  for (std::size_t i = most_; i < slices_.size(); ++i) dropped_ += slices_[i].commands;
  slices_.resize(most_);
  slices_.shrink_to_fit();
}

}  // namespace nibble
