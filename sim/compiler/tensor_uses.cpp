#include "sim/compiler/tensor_uses.h"

#include <variant>

namespace nibble {

int Lifetime::before_longest_gap() const {
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

std::vector<Lifetime> lifetimes_of(const Workload& workload) {
  std::vector<Lifetime> lifetimes(workload.tensors.size());
  const auto touch = [&](const TensorSlice& slice, int stage) {
    lifetimes[static_cast<std::size_t>(slice.tensor)].touch(slice, stage);
  };
  for (const Operation& operation : workload.operations) {
    if (const auto* gemm = std::get_if<GemmWork>(&operation.work)) {
      for (const TensorSlice& slice : {gemm->streamed, gemm->stationary, gemm->result}) {
        touch(slice, operation.stage);
      }
    } else {
      const auto& sfu = std::get<SfuWork>(operation.work);
      for (const auto* list : {&sfu.inputs, &sfu.outputs}) {
        for (const TensorSlice& slice : *list) touch(slice, operation.stage);
      }
      for (const TensorId tensor : sfu.whole) touch(tensor, operation.stage);
    }
  }
  return lifetimes;
}

std::vector<Readers> most_readers(const Workload& workload) {
  std::vector<Readers> most(workload.tensors.size());
  std::vector<Readers> now(workload.tensors.size());  // of the last stage that uses it
  constexpr int kWritten = -1;
  const auto in_stage = [&](TensorId tensor, int stage) -> Readers& {
    Readers& at = now[static_cast<std::size_t>(tensor)];
    if (at.stage == stage) return at;
    Readers& best = most[static_cast<std::size_t>(tensor)];
    if (at.operations > best.operations) best = at;
    return at = {stage, 0};
  };
  const auto read = [&](const TensorSlice& slice, int stage) {
    Readers& at = in_stage(slice.tensor, stage);
    if (slice.parts == 1 && at.operations != kWritten) ++at.operations;
  };
  const auto write = [&](const TensorSlice& slice, int stage) {
    in_stage(slice.tensor, stage).operations = kWritten;
  };
  for (const Operation& operation : workload.operations) {
    if (const auto* gemm = std::get_if<GemmWork>(&operation.work)) {
      read(gemm->streamed, operation.stage);
      read(gemm->stationary, operation.stage);
      write(gemm->result, operation.stage);
      continue;
    }
    const auto& sfu = std::get<SfuWork>(operation.work);
    for (const TensorSlice& slice : sfu.inputs) read(slice, operation.stage);
    for (const TensorSlice& slice : sfu.outputs) write(slice, operation.stage);
  }
  constexpr int kNoStage = -1;
  for (std::size_t i = 0; i < now.size(); ++i) in_stage(static_cast<TensorId>(i), kNoStage);
  return most;
}

}  // namespace nibble
