#include "sim/compiler/placement.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <stdexcept>

#include <fmt/format.h>

#include "sim/compiler/passing_results.h"

namespace nibble {
namespace {

constexpr Bytes kScratchpadAlignment = 64;

/// The stages that access a tensor, in order and each once.
struct Lifetime {
  std::vector<int> stages;
  int accesses = 0;

  void touch(int stage) {
    if (stages.empty() || stages.back() != stage) stages.push_back(stage);
    ++accesses;
  }
  [[nodiscard]] int first() const { return stages.front(); }
  [[nodiscard]] int last() const { return stages.back(); }
  [[nodiscard]] double saving_per_byte_and_stage() const {
    return static_cast<double>(accesses) / (last() - first() + 1);
  }
  /// The last stage before the longest gap.
  [[nodiscard]] int before_longest_gap() const {
    int cut = last();
    int longest = 0;
    for (std::size_t i = 0; i + 1 < stages.size(); ++i) {
      if (stages[i + 1] - stages[i] > longest) {
        longest = stages[i + 1] - stages[i];
        cut = stages[i];
      }
    }
    return cut;
  }
};

std::vector<Lifetime> lifetimes_of(const Workload& workload) {
  std::vector<Lifetime> lifetimes(workload.tensors.size());
  const auto touch = [&](TensorId tensor, int stage) {
    lifetimes[static_cast<std::size_t>(tensor)].touch(stage);
  };
  for (const Operation& operation : workload.operations) {
    if (const auto* gemm = std::get_if<GemmWork>(&operation.work)) {
      for (const TensorId tensor :
           {gemm->streamed.tensor, gemm->stationary.tensor, gemm->result.tensor}) {
        touch(tensor, operation.stage);
      }
    } else {
      const auto& sfu = std::get<SfuWork>(operation.work);
      for (const auto* list : {&sfu.inputs, &sfu.outputs}) {
        for (const TensorSlice& slice : *list) touch(slice.tensor, operation.stage);
      }
      for (const TensorId tensor : sfu.whole) touch(tensor, operation.stage);
    }
  }
  return lifetimes;
}

Bytes aligned(Bytes bytes, Bytes alignment) {
  return (bytes + alignment - 1) / alignment * alignment;
}

/// The resident part of the scratchpad over the stages of a step.
class ResidentSpace {
 public:
  ResidentSpace(Bytes begin, Bytes end) : begin_(begin), end_(end), peak_(begin) {}

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
    peak_ = std::max(peak_, mine.end);
    return address;
  }
  [[nodiscard]] Bytes peak() const { return peak_; }

 private:
  struct Taken {
    int first = 0, last = 0;  // stages
    Bytes begin = 0, end = 0;
  };
  Bytes begin_, end_, peak_;
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

}  // namespace

PlacementPlan place_tensors(const Workload& workload, const Sharing& sharing,
                            Bytes stream_buffer_bytes, Bytes scratchpad_bytes,
                            const DramLayout& layout) {
  PlacementPlan plan;
  plan.of.resize(workload.tensors.size());
  const std::vector<Lifetime> lifetimes = lifetimes_of(workload);
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < workload.tensors.size(); ++i) {
    if (!workload.tensors[i].persistent && lifetimes[i].accesses > 0) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return lifetimes[a].saving_per_byte_and_stage() > lifetimes[b].saving_per_byte_and_stage();
  });

  ResidentSpace space(stream_buffer_bytes, scratchpad_bytes);
  const auto try_until = [&](std::size_t tensor, int last) {
    const Bytes bytes =
        aligned(sharing.resident_bytes(static_cast<TensorId>(tensor)), kScratchpadAlignment);
    const auto address = space.place(lifetimes[tensor].first(), last, bytes);
    if (!address) return;
    Placement& place = plan.of[tensor];
    place.resident_until = last;
    place.in_dram = last < lifetimes[tensor].last();
    place.scratchpad_address = *address;
  };
  // The cores' copies of sums have no place in DRAM, so they come first.
  for (const std::size_t tensor : order) {
    if (!sharing.replicated(static_cast<TensorId>(tensor))) continue;
    try_until(tensor, lifetimes[tensor].last());
    if (plan.of[tensor].resident_until < 0) {
      throw std::invalid_argument(fmt::format(
          "the sums {} take {} bytes in every core and do not fit beside the stream buffer, "
          "allowed a larger scratchpad.kib",
          workload.tensors[tensor].name, sharing.resident_bytes(static_cast<TensorId>(tensor))));
    }
  }
  // Results that pass through the stream buffer cause no traffic in most mappings, so they come
  // last.
  const std::vector<bool> passing = passing_tensors(workload);
  for (const bool last : {false, true}) {
    for (const std::size_t tensor : order) {
      if (passing[tensor] == last && plan.of[tensor].resident_until < 0) {
        try_until(tensor, lifetimes[tensor].last());
      }
    }
    for (const std::size_t tensor : order) {
      if (passing[tensor] == last && plan.of[tensor].resident_until < 0) {
        try_until(tensor, lifetimes[tensor].before_longest_gap());
      }
    }
  }
  plan.resident_peak_bytes = space.peak();

  place_in_dram(workload, lifetimes, layout, plan);
  return plan;
}

}  // namespace nibble
