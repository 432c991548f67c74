#include "sim/compiler/passing_results.h"

#include <algorithm>

namespace nibble {
namespace {

/// An operation that uses a slice.
struct Use {
  TensorSlice slice;
  std::size_t operation = 0;
};

/// By tensor, all uses; an operation that uses a slice twice is listed twice.
std::vector<std::vector<Use>> uses_of(const Workload& workload) {
  std::vector<std::vector<Use>> uses(workload.tensors.size());
  for (std::size_t i = 0; i < workload.operations.size(); ++i) {
    const auto note = [&](const TensorSlice& slice) {
      uses[static_cast<std::size_t>(slice.tensor)].push_back({slice, i});
    };
    if (const auto* gemm = std::get_if<GemmWork>(&workload.operations[i].work)) {
      for (const TensorSlice& slice : {gemm->streamed, gemm->stationary, gemm->result}) note(slice);
      continue;
    }
    const auto& sfu = std::get<SfuWork>(workload.operations[i].work);
    for (const auto* list : {&sfu.inputs, &sfu.outputs}) {
      for (const TensorSlice& slice : *list) note(slice);
    }
    for (const TensorId tensor : sfu.whole) note(tensor);
  }
  return uses;
}

/// Slices of different numbers count as overlapping.
bool overlap(const TensorSlice& a, const TensorSlice& b) {
  return a.parts != b.parts || a.part == b.part;
}

bool reads(const SfuWork& run, const TensorSlice& slice) {
  return std::any_of(run.inputs.begin(), run.inputs.end(), [&](const TensorSlice& input) {
    return input.tensor == slice.tensor && overlap(input, slice) && input.parts == slice.parts;
  });
}

}  // namespace

std::vector<bool> passing_results(const Workload& workload) {
  const std::vector<std::vector<Use>> uses = uses_of(workload);
  std::vector<bool> passing(workload.operations.size(), false);
  for (std::size_t i = 0; i + 1 < workload.operations.size(); ++i) {
    const auto* gemm = std::get_if<GemmWork>(&workload.operations[i].work);
    const auto* run = std::get_if<SfuWork>(&workload.operations[i + 1].work);
    if (gemm == nullptr || run == nullptr) continue;
    if (workload.operations[i].stage != workload.operations[i + 1].stage) continue;
    const auto tensor = static_cast<std::size_t>(gemm->result.tensor);
    if (workload.tensors[tensor].persistent || !reads(*run, gemm->result)) continue;
    const auto users = std::count_if(uses[tensor].begin(), uses[tensor].end(), [&](const Use& use) {
      return overlap(use.slice, gemm->result);
    });
    passing[i] = users == 2;  // the GEMM and the run, once each
  }
  return passing;
}

std::vector<bool> passing_tensors(const Workload& workload) {
  const std::vector<bool> passing = passing_results(workload);
  std::vector<std::size_t> passed_uses(workload.tensors.size(), 0);
  for (std::size_t i = 0; i < passing.size(); ++i) {
    if (!passing[i]) continue;
    const auto& gemm = std::get<GemmWork>(workload.operations[i].work);
    passed_uses[static_cast<std::size_t>(gemm.result.tensor)] += 2;
  }
  const std::vector<std::vector<Use>> uses = uses_of(workload);
  std::vector<bool> tensors(workload.tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    tensors[i] = !uses[i].empty() && passed_uses[i] == uses[i].size();
  }
  return tensors;
}

}  // namespace nibble
