#include "tests/sim/workload/step_laws.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "sim/command/tile_geometry.h"

namespace nibble::test {
namespace {

const Tensor& at(const Workload& workload, TensorId id) {
  return workload.tensors.at(static_cast<std::size_t>(id));
}

/// [begin, end) of a slice in elements.
std::pair<std::int64_t, std::int64_t> range_of(const Workload& workload, const TensorSlice& slice) {
  const std::int64_t elements = at(workload, slice.tensor).elements;
  return {elements * slice.part / slice.parts, elements * (slice.part + 1) / slice.parts};
}

/// Ranges that do not overlap, merged when they touch.
class Ranges {
 public:
  bool add(std::pair<std::int64_t, std::int64_t> range) {
    auto next = ends_.lower_bound(range.first);
    if (next != ends_.end() && next->first < range.second) return false;
    if (next != ends_.begin() && std::prev(next)->second > range.first) return false;
    ends_[range.first] = range.second;
    return true;
  }
  [[nodiscard]] bool covers(std::pair<std::int64_t, std::int64_t> range) const {
    std::int64_t reached = range.first;
    auto from = ends_.upper_bound(reached);
    if (from != ends_.begin()) --from;
    for (; from != ends_.end() && from->first <= reached && reached < range.second; ++from) {
      reached = std::max(reached, from->second);
    }
    return reached >= range.second;
  }

 private:
  std::map<std::int64_t, std::int64_t> ends_;  // by begin
};

std::int64_t elements_of(const Workload& workload, const TensorSlice& slice) {
  const auto [begin, end] = range_of(workload, slice);
  return end - begin;
}

}  // namespace

std::vector<TensorSlice> reads_of(const Operation& operation) {
  if (const auto* gemm = std::get_if<GemmWork>(&operation.work)) {
    return {gemm->streamed, gemm->stationary};
  }
  const auto& sfu = std::get<SfuWork>(operation.work);
  std::vector<TensorSlice> reads = sfu.inputs;
  reads.insert(reads.end(), sfu.whole.begin(), sfu.whole.end());
  return reads;
}

std::vector<TensorSlice> writes_of(const Operation& operation) {
  if (const auto* gemm = std::get_if<GemmWork>(&operation.work)) return {gemm->result};
  return std::get<SfuWork>(operation.work).outputs;
}

std::string written_once_before_read(const Workload& workload) {
  std::vector<Ranges> written(workload.tensors.size());
  for (const Operation& operation : workload.operations) {
    for (const TensorSlice& slice : reads_of(operation)) {
      const Tensor& tensor = at(workload, slice.tensor);
      if (tensor.persistent) continue;
      if (written[static_cast<std::size_t>(slice.tensor)].covers(range_of(workload, slice)))
        continue;
      return fmt::format("stage {} reads {} before it is written", operation.stage, tensor.name);
    }
    for (const TensorSlice& slice : writes_of(operation)) {
      if (written[static_cast<std::size_t>(slice.tensor)].add(range_of(workload, slice))) continue;
      return fmt::format("{} is written twice", at(workload, slice.tensor).name);
    }
  }
  for (std::size_t i = 0; i < written.size(); ++i) {
    const Tensor& tensor = workload.tensors[i];
    if (!tensor.persistent && !written[i].covers({0, tensor.elements})) {
      return fmt::format("not all of {} is written", tensor.name);
    }
  }
  return "";
}

std::string well_formed(const Workload& workload) {
  int stage = -1;
  for (const Operation& operation : workload.operations) {
    if (operation.stage != stage && operation.stage != stage + 1) return "stages interleave";
    stage = operation.stage;
    const auto* sfu = std::get_if<SfuWork>(&operation.work);
    if (sfu == nullptr) continue;
    if (sfu->elements < 1) return fmt::format("stage {} has work of no size", stage);
    if (sfu->steps.empty()) return fmt::format("stage {} has work without steps", stage);
    if (sfu->outputs.empty()) return fmt::format("stage {} has work without result", stage);
  }
  if (stage + 1 != static_cast<int>(workload.stages.size())) return "stages without operations";
  return "";
}

std::string sizes_fit(const Workload& workload) {
  for (const Tensor& tensor : workload.tensors) {
    if (tensor.elements < 1) return tensor.name + " has no elements";
    if (tensor.rows < 0 || (tensor.rows > 0 && tensor.elements % tensor.rows != 0)) {
      return fmt::format("{}: {} rows of {} elements", tensor.name, tensor.rows, tensor.elements);
    }
  }
  for (const Operation& operation : workload.operations) {
    const auto* gemm = std::get_if<GemmWork>(&operation.work);
    if (gemm == nullptr) continue;
    const ConvShape& conv = gemm->conv;
    const std::int64_t x = conv.n * conv.h * conv.w * conv.c;
    const std::int64_t y = conv.n * conv.p() * conv.q() * conv.k;
    const std::int64_t w = conv.k * conv.r * conv.s * conv.c / conv.groups;
    std::int64_t reached = 0;
    for (const LoweredGemm& part : lower_conv(conv, gemm->pass)) {
      reached += conv.groups * part.shape.m * part.shape.n;
    }
    const bool forward = gemm->pass == GemmPass::forward, wgrad = gemm->pass == GemmPass::wgrad;
    const std::int64_t wanted[] = {forward ? x : y, wgrad ? x : w,
                                   forward ? y
                                   : wgrad ? w
                                           : reached};
    const TensorSlice found[] = {gemm->streamed, gemm->stationary, gemm->result};
    for (int i = 0; i < 3; ++i) {
      if (elements_of(workload, found[i]) == wanted[i]) continue;
      return fmt::format("{} has {} elements, its GEMM {}", at(workload, found[i].tensor).name,
                         elements_of(workload, found[i]), wanted[i]);
    }
  }
  return "";
}

std::string walks_all(const Workload& workload) {
  for (const Operation& operation : workload.operations) {
    const auto* sfu = std::get_if<SfuWork>(&operation.work);
    if (sfu == nullptr) continue;
    const auto has = [&](SfuStep step) {
      return std::find(sfu->steps.begin(), sfu->steps.end(), step) != sfu->steps.end();
    };
    const bool gates = has(SfuStep::lstm_cell) || has(SfuStep::lstm_cell_backward);
    for (const auto* slices : {&sfu->inputs, &sfu->outputs}) {
      for (const TensorSlice& slice : *slices) {
        const Tensor& tensor = at(workload, slice.tensor);
        if (tensor.persistent || tensor.bits == 32) continue;
        const std::int64_t elements = elements_of(workload, slice) / (gates ? 4 : 1);
        if (elements > sfu->elements) {
          return fmt::format("{} of {} elements in a run over {}", tensor.name, elements,
                             sfu->elements);
        }
      }
    }
  }
  return "";
}

std::string bits_fit(const Workload& workload) {
  for (const Operation& operation : workload.operations) {
    const auto* gemm = std::get_if<GemmWork>(&operation.work);
    if (gemm == nullptr) continue;
    const int wanted = operand_bits(gemm->precision);
    const Tensor& streamed = at(workload, gemm->streamed.tensor);
    const Tensor& stationary = at(workload, gemm->stationary.tensor);
    const bool codes_kept = gemm->pass != GemmPass::forward && stationary.bits == 4;
    if (streamed.bits != wanted || (stationary.bits != wanted && !codes_kept)) {
      return fmt::format("{} x {}: {} and {} bits instead of {}", streamed.name, stationary.name,
                         streamed.bits, stationary.bits, wanted);
    }
    if (at(workload, gemm->result.tensor).bits != 16) return "a GEMM's result has not 16 bits";
  }
  return "";
}

std::string updated_once(const Workload& workload, bool training) {
  std::set<TensorId> updated;
  for (const Operation& operation : workload.operations) {
    for (const TensorSlice& slice : writes_of(operation)) {
      const Tensor& tensor = at(workload, slice.tensor);
      if (!tensor.persistent) continue;
      if (!training) continue;  // the logits: written_once_before_read saw them once
      if (slice.parts != 1) return tensor.name + " is written in parts";
      const auto* sfu = std::get_if<SfuWork>(&operation.work);
      // SAWB's sums leave the step too, behind the update that they belong to.
      const bool sums = tensor.elements == 2 && sfu != nullptr && sfu->whole.size() == 1 &&
                        sfu->steps == std::vector<SfuStep>{SfuStep::scale};
      const bool update = sfu != nullptr && std::count(sfu->steps.begin(), sfu->steps.end(),
                                                       SfuStep::sgd_update) == 1;
      if (!sums && !update) {
        return tensor.name + " is written by something else than the optimizer";
      }
      bool read = sums;
      for (const TensorSlice& input : sfu->inputs) read |= input.tensor == slice.tensor;
      if (!read) return tensor.name + " is updated without being read";
      if (!updated.insert(slice.tensor).second) return tensor.name + " is updated twice";
    }
  }
  const auto ends_with = [](const std::string& name, const std::string& end) {
    return name.size() >= end.size() &&
           name.compare(name.size() - end.size(), end.size(), end) == 0;
  };
  for (std::size_t i = 0; i < workload.tensors.size(); ++i) {
    const std::string& name = workload.tensors[i].name;
    const bool trained = ends_with(name, ".master") || ends_with(name, ".momentum") ||
                         ends_with(name, ".parameters");
    if (!trained || !training || ends_with(name, ".others.master") ||
        ends_with(name, ".others.momentum")) {
      continue;
    }
    if (updated.count(static_cast<TensorId>(i)) == 0) return name + " is not updated";
  }
  return "";
}

std::string broken_law(const Workload& workload, bool training) {
  for (const std::string& broken :
       {well_formed(workload), written_once_before_read(workload), sizes_fit(workload),
        walks_all(workload), bits_fit(workload), updated_once(workload, training)}) {
    if (!broken.empty()) return broken;
  }
  return "";
}

}  // namespace nibble::test
