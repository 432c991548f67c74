#include "sim/workload/footprint.h"

#include <algorithm>

namespace nibble {
namespace {

/// First and last stage that touches a tensor; first < 0: none does.
struct Lifetime {
  int first = -1, last = -1;
  void touch(int stage) {
    if (first < 0) first = stage;
    last = stage;
  }
};

void touch(std::vector<Lifetime>& lifetimes, const Operation& operation) {
  const auto touched = [&](TensorId tensor) {
    lifetimes[static_cast<std::size_t>(tensor)].touch(operation.stage);
  };
  if (const auto* gemm = std::get_if<GemmWork>(&operation.work)) {
    for (const TensorSlice& slice : {gemm->streamed, gemm->stationary, gemm->result}) {
      touched(slice.tensor);
    }
    return;
  }
  const auto& sfu = std::get<SfuWork>(operation.work);
  for (const auto* slices : {&sfu.inputs, &sfu.outputs}) {
    for (const TensorSlice& slice : *slices) touched(slice.tensor);
  }
  for (const TensorId tensor : sfu.whole) touched(tensor);
}

}  // namespace

std::vector<Bytes> live_bytes(const Workload& workload) {
  std::vector<Lifetime> lifetimes(workload.tensors.size());
  for (const Operation& operation : workload.operations) touch(lifetimes, operation);
  // What each stage adds to the one before it, then the sums.
  std::vector<Bytes> live(workload.stages.size() + 1, 0);
  for (std::size_t i = 0; i < lifetimes.size(); ++i) {
    const Tensor& tensor = workload.tensors[i];
    if (tensor.persistent || lifetimes[i].first < 0) continue;
    live[static_cast<std::size_t>(lifetimes[i].first)] += tensor.bytes();
    live[static_cast<std::size_t>(lifetimes[i].last) + 1] -= tensor.bytes();
  }
  for (std::size_t stage = 1; stage < live.size(); ++stage) live[stage] += live[stage - 1];
  live.pop_back();
  return live;
}

Bytes persistent_bytes(const Workload& workload) {
  Bytes bytes = 0;
  for (const Tensor& tensor : workload.tensors) bytes += tensor.persistent ? tensor.bytes() : 0;
  return bytes;
}

}  // namespace nibble
