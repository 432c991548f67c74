// What a test asks of a workload: a layer's GEMMs, a run with a step, a tensor by name.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "sim/workload/workload.h"

namespace nibble::test {

inline const Tensor& tensor_of(const Workload& workload, const TensorSlice& slice) {
  return workload.tensors.at(static_cast<std::size_t>(slice.tensor));
}

inline std::vector<GemmWork> gemms_of(const Workload& workload, const std::string& layer,
                                      GemmPass pass) {
  std::vector<GemmWork> found;
  for (const Operation& operation : workload.operations) {
    const auto* gemm = std::get_if<GemmWork>(&operation.work);
    if (gemm == nullptr || gemm->pass != pass) continue;
    if (workload.stages.at(static_cast<std::size_t>(operation.stage)).layer == layer) {
      found.push_back(*gemm);
    }
  }
  return found;
}

inline bool has(const SfuWork& work, SfuStep step) {
  return std::find(work.steps.begin(), work.steps.end(), step) != work.steps.end();
}

inline std::vector<SfuWork> runs_with(const Workload& workload, SfuStep step) {
  std::vector<SfuWork> found;
  for (const Operation& operation : workload.operations) {
    const auto* sfu = std::get_if<SfuWork>(&operation.work);
    if (sfu != nullptr && has(*sfu, step)) found.push_back(*sfu);
  }
  return found;
}

/// Throws if there is no tensor, or more than one, of that name.
inline TensorId tensor_named(const Workload& workload, const std::string& name) {
  TensorId found = -1;
  for (std::size_t i = 0; i < workload.tensors.size(); ++i) {
    if (workload.tensors[i].name != name) continue;
    if (found >= 0) throw std::runtime_error("two tensors " + name);
    found = static_cast<TensorId>(i);
  }
  if (found < 0) throw std::runtime_error("no tensor " + name);
  return found;
}

inline bool has_tensor(const Workload& workload, const std::string& name) {
  return std::any_of(workload.tensors.begin(), workload.tensors.end(),
                     [&](const Tensor& tensor) { return tensor.name == name; });
}

inline std::vector<std::string> names_of(const Workload& workload,
                                         const std::vector<TensorSlice>& slices) {
  std::vector<std::string> names;
  names.reserve(slices.size());
  for (const TensorSlice& slice : slices) names.push_back(tensor_of(workload, slice).name);
  return names;
}

}  // namespace nibble::test
