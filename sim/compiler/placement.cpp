#include "sim/compiler/placement.h"

#include <algorithm>

namespace nibble {
namespace {

// DRAM tensors start on whole row stripes, so that a stage's DRAM time does not depend on where the
// tensors before it ended. 64 KiB covers every preset's row times its channels (8 x 8 KiB).
constexpr std::uint64_t kDramAlignment = 64 * 1024;
constexpr Bytes kScratchpadAlignment = 64;

struct Lifetime {
  int first_stage = -1;
  int last_stage = -1;
  int accesses = 0;

  void touch(int stage) {
    if (first_stage < 0) first_stage = stage;
    last_stage = stage;
    ++accesses;
  }
  [[nodiscard]] bool overlaps(const Lifetime& other) const {
    return first_stage <= other.last_stage && other.first_stage <= last_stage;
  }
  [[nodiscard]] double saving_per_byte_and_stage() const {
    return static_cast<double>(accesses) / (last_stage - first_stage + 1);
  }
};

std::vector<Lifetime> lifetimes_of(const Workload& workload) {
  std::vector<Lifetime> lifetimes(workload.tensors.size());
  const auto touch = [&](TensorId tensor, int stage) {
    lifetimes[static_cast<std::size_t>(tensor)].touch(stage);
  };
  for (const Operation& operation : workload.operations) {
    if (const auto* gemm = std::get_if<GemmWork>(&operation.work)) {
      for (const TensorId tensor : {gemm->streamed, gemm->stationary, gemm->result}) {
        touch(tensor, operation.stage);
      }
    } else {
      const auto& sfu = std::get<SfuWork>(operation.work);
      for (const auto* list : {&sfu.inputs, &sfu.outputs, &sfu.whole}) {
        for (const TensorId tensor : *list) touch(tensor, operation.stage);
      }
    }
  }
  return lifetimes;
}

Bytes aligned(Bytes bytes, Bytes alignment) {
  return (bytes + alignment - 1) / alignment * alignment;
}

struct Resident {
  Lifetime lifetime;
  Bytes begin = 0, end = 0;
};

/// Lowest address of a hole of `bytes` among residents alive at the same time, or `limit` if none.
Bytes first_fit(const std::vector<Resident>& residents, const Lifetime& lifetime, Bytes bytes,
                Bytes begin, Bytes limit) {
  Bytes address = begin;
  for (const Resident& resident : residents) {  // ordered by begin
    if (!resident.lifetime.overlaps(lifetime) || resident.end <= address) continue;
    if (resident.begin >= address + bytes) break;
    address = resident.end;
  }
  return address + bytes <= limit ? address : limit;
}

}  // namespace

PlacementPlan place_tensors(const Workload& workload, Bytes stream_buffer_bytes,
                            Bytes scratchpad_bytes) {
  PlacementPlan plan;
  plan.of.resize(workload.tensors.size());
  plan.resident_peak_bytes = stream_buffer_bytes;

  const std::vector<Lifetime> lifetimes = lifetimes_of(workload);
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < workload.tensors.size(); ++i) {
    if (!workload.tensors[i].persistent && lifetimes[i].accesses > 0) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return lifetimes[a].saving_per_byte_and_stage() > lifetimes[b].saving_per_byte_and_stage();
  });

  std::vector<Resident> residents;
  for (const std::size_t i : order) {
    const Bytes bytes = aligned(workload.tensors[i].bytes(), kScratchpadAlignment);
    const Bytes address =
        first_fit(residents, lifetimes[i], bytes, stream_buffer_bytes, scratchpad_bytes);
    if (address == scratchpad_bytes) continue;
    plan.of[i].resident = true;
    plan.of[i].scratchpad_address = address;
    plan.resident_peak_bytes = std::max(plan.resident_peak_bytes, address + bytes);
    const Resident resident{lifetimes[i], address, address + bytes};
    residents.insert(
        std::upper_bound(residents.begin(), residents.end(), resident,
                         [](const Resident& a, const Resident& b) { return a.begin < b.begin; }),
        resident);
  }

  std::uint64_t dram_address = 0;
  for (std::size_t i = 0; i < workload.tensors.size(); ++i) {
    if (plan.of[i].resident) continue;
    plan.of[i].dram_address = dram_address;
    const auto bytes = static_cast<std::uint64_t>(workload.tensors[i].bytes());
    dram_address += (bytes + kDramAlignment - 1) / kDramAlignment * kDramAlignment;
  }
  return plan;
}

}  // namespace nibble
