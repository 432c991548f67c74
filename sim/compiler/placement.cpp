#include "sim/compiler/placement.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "sim/compiler/passing_results.h"
#include "sim/compiler/tensor_uses.h"

namespace nibble {
namespace {

constexpr Bytes kScratchpadAlignment = 64;

Bytes aligned(Bytes bytes, Bytes alignment) {
  return (bytes + alignment - 1) / alignment * alignment;
}

/// The resident part of the scratchpad over the stages of a step.
class ResidentSpace {
 public:
  ResidentSpace(Bytes begin, Bytes end) : begin_(begin), end_(end) {}

  /// Lowest address that is free for `bytes` in all stages from first to last; empty if none.
  std::optional<Bytes> place(int first, int last, Bytes bytes) {
    Bytes address = begin_;
    for (const Taken& taken : taken_) {  // ordered by begin
      if (taken.last < first || last < taken.first || taken.end <= address) continue;
      if (taken.begin >= address + bytes) break;
      address = taken.end;
    }
    if (address + bytes > end_) return std::nullopt;
    const Taken mine{first, last, address, address + bytes};
    taken_.insert(
        std::upper_bound(taken_.begin(), taken_.end(), mine,
                         [](const Taken& a, const Taken& b) { return a.begin < b.begin; }),
        mine);
    return address;
  }
  /// What place() has found for the stages from `first`.
  void give_back(int first, Bytes address) {
    taken_.erase(std::find_if(taken_.begin(), taken_.end(), [&](const Taken& taken) {
      return taken.first == first && taken.begin == address;
    }));
  }
  [[nodiscard]] Bytes peak() const {
    Bytes peak = begin_;
    for (const Taken& taken : taken_) peak = std::max(peak, taken.end);
    return peak;
  }

 private:
  struct Taken {
    int first = 0, last = 0;  // stages
    Bytes begin = 0, end = 0;
  };
  Bytes begin_, end_;
  std::vector<Taken> taken_;
};

/// The stripe of a row at which tensors of one role begin: what stands behind the layer's name.
std::int64_t stripe_of_role(const std::string& name, int stripes_a_row) {
  const std::size_t dot = name.rfind('.');
  std::uint32_t hash = 2166136261U;  // FNV-1a
  for (std::size_t i = dot == std::string::npos ? 0 : dot; i < name.size(); ++i) {
    hash = (hash ^ static_cast<unsigned char>(name[i])) * 16777619U;
  }
  return hash % static_cast<std::uint32_t>(stripes_a_row);
}

/// Whole row stripes, so that a stage's DRAM time does not depend on where the tensors before it
/// ended.
void place_in_dram(const Workload& workload, const std::vector<Lifetime>& lifetimes,
                   const DramLayout& layout, PlacementPlan& plan) {
  const Bytes row = layout.stripe_bytes * layout.stripes_a_row;
  const int last_stage = static_cast<int>(workload.stages.size());
  ResidentSpace space(0, std::numeric_limits<Bytes>::max() / 2);
  for (std::size_t i = 0; i < workload.tensors.size(); ++i) {
    const Tensor& tensor = workload.tensors[i];
    if (!plan.of[i].in_dram) continue;
    const bool always = tensor.persistent || lifetimes[i].accesses == 0;
    const Bytes offset = stripe_of_role(tensor.name, layout.stripes_a_row) * layout.stripe_bytes;
    const auto address =
        space.place(always ? 0 : lifetimes[i].first(), always ? last_stage : lifetimes[i].last(),
                    aligned(offset + tensor.bytes(), row));
    plan.of[i].dram_address = static_cast<std::uint64_t>(address.value() + offset);
  }
  plan.dram_bytes = space.peak();
}

/// ASSUMED: what so many operations of a stage read is a weight in every time step, and comes
/// before all else. Copies of what two or three read would save 0.05 % of ResNet-50's traffic.
constexpr int kOften = 4;

/// Fills the scratchpads, one kind of interval after the other.
class ScratchpadPlacer {
 public:
  ScratchpadPlacer(const Workload& workload, const Sharing& sharing,
                   const std::vector<Lifetime>& lifetimes, ResidentSpace space, PlacementPlan& plan)
      : workload_(workload),
        sharing_(sharing),
        lifetimes_(lifetimes),
        readers_(most_readers(workload)),
        space_(std::move(space)),
        plan_(plan) {}

  void place();

 private:
  void place_sums();
  void place_until(std::size_t tensor, int last);
  void copy_in(std::size_t tensor);
  void keep_between(std::size_t tensor);
  [[nodiscard]] bool placed(std::size_t tensor) const {
    return plan_.of[tensor].resident_until >= 0;
  }
  [[nodiscard]] Bytes bytes(std::size_t tensor) const {
    return aligned(sharing_.resident_bytes(static_cast<TensorId>(tensor)), kScratchpadAlignment);
  }

  const Workload& workload_;
  const Sharing& sharing_;
  const std::vector<Lifetime>& lifetimes_;
  std::vector<Readers> readers_;
  ResidentSpace space_;
  PlacementPlan& plan_;
  std::vector<std::size_t> order_;
};

void ScratchpadPlacer::place_until(std::size_t tensor, int last) {
  if (placed(tensor)) return;
  const auto address = space_.place(lifetimes_[tensor].first(), last, bytes(tensor));
  if (!address) return;
  Placement& place = plan_.of[tensor];
  place.resident_until = last;
  place.in_dram = last < lifetimes_[tensor].last() || place.copied_in >= 0;
  place.scratchpad_address = *address;
}

/// Into the stage in which most operations read it, if it is not there.
void ScratchpadPlacer::copy_in(std::size_t tensor) {
  const int stage = readers_[tensor].stage;
  Placement& place = plan_.of[tensor];
  if (place.resident_in(stage)) return;
  const auto address = space_.place(stage, stage, bytes(tensor));
  if (!address) return;
  place.copied_in = stage;
  place.copy_address = *address;
}

/// Lets a tensor stay where it would leave and come back as a copy, if there is room.
void ScratchpadPlacer::keep_between(std::size_t tensor) {
  const Placement& now = plan_.of[tensor];
  if (!placed(tensor) || now.copied_in < 0) return;
  ResidentSpace space = space_;
  space.give_back(lifetimes_[tensor].first(), now.scratchpad_address);
  space.give_back(now.copied_in, now.copy_address);
  std::swap(space, space_);
  const Placement before = std::exchange(plan_.of[tensor], {});
  place_until(tensor, lifetimes_[tensor].last());
  if (placed(tensor)) return;
  plan_.of[tensor] = before;
  std::swap(space, space_);
}

/// The cores' copies of sums, which have no place in DRAM.
void ScratchpadPlacer::place_sums() {
  for (const std::size_t tensor : order_) {
    if (!sharing_.replicated(static_cast<TensorId>(tensor))) continue;
    place_until(tensor, lifetimes_[tensor].last());
    if (placed(tensor)) continue;
    throw std::invalid_argument(fmt::format(
        "the sums {} take {} bytes in every core and do not fit beside the stream buffer, "
        "allowed a larger scratchpad.kib",
        workload_.tensors[tensor].name, sharing_.resident_bytes(static_cast<TensorId>(tensor))));
  }
}

void ScratchpadPlacer::place() {
  for (std::size_t i = 0; i < workload_.tensors.size(); ++i) {
    if (!workload_.tensors[i].persistent && lifetimes_[i].accesses > 0) order_.push_back(i);
  }
  std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
    return lifetimes_[a].saving_per_byte_and_stage() > lifetimes_[b].saving_per_byte_and_stage();
  });
  place_sums();
  for (const std::size_t tensor : order_) {
    if (placed(tensor) || readers_[tensor].operations < kOften) continue;
    place_until(tensor, lifetimes_[tensor].before_longest_gap());
    copy_in(tensor);
  }
  // What the chip keeps from step to step, such as an inference's weights, lives in DRAM.
  for (std::size_t i = 0; i < workload_.tensors.size(); ++i) {
    if (workload_.tensors[i].persistent && readers_[i].operations >= kOften) copy_in(i);
  }
  // Results that pass through the stream buffer cause no traffic in most mappings, so they come
  // last.
  const std::vector<bool> passing = passing_tensors(workload_);
  for (const bool last : {false, true}) {
    for (const std::size_t tensor : order_) {
      if (passing[tensor] == last) place_until(tensor, lifetimes_[tensor].last());
    }
    for (const std::size_t tensor : order_) {
      if (passing[tensor] == last) place_until(tensor, lifetimes_[tensor].before_longest_gap());
    }
  }
  for (const std::size_t tensor : order_) keep_between(tensor);
  plan_.resident_peak_bytes = space_.peak();
}

}  // namespace

PlacementPlan place_tensors(const Workload& workload, const Sharing& sharing,
                            Bytes stream_buffer_bytes, Bytes scratchpad_bytes,
                            const DramLayout& layout) {
  PlacementPlan plan;
  plan.of.resize(workload.tensors.size());
  const std::vector<Lifetime> lifetimes = lifetimes_of(workload);
  ScratchpadPlacer(workload, sharing, lifetimes, {stream_buffer_bytes, scratchpad_bytes}, plan)
      .place();
  place_in_dram(workload, lifetimes, layout, plan);
  return plan;
}

}  // namespace nibble
