#include "tests/sim/workload/workload_text.h"

#include <fmt/format.h>

namespace nibble::test {
namespace {

std::string names(const Workload& workload, const std::vector<TensorSlice>& tensors) {
  std::string text;
  for (const TensorSlice& id : tensors) {
    const Tensor& tensor = workload.tensors[static_cast<std::size_t>(id.tensor)];
    const std::string part = id.parts > 1 ? fmt::format("({}/{})", id.part, id.parts) : "";
    text += fmt::format(" {}{}[{}x{}b{}]", tensor.name, part, tensor.elements / id.parts,
                        tensor.bits, tensor.persistent ? "*" : "");
  }
  return text;
}

std::string text_of(const Workload& workload, const GemmWork& gemm) {
  constexpr const char* kPasses[] = {"forward", "dgrad", "wgrad"};
  constexpr const char* kPrecisions[] = {"int4_fp4", "fp16", "fp8"};
  std::string shapes = gemm.conv.groups > 1 ? fmt::format(" {} x", gemm.conv.groups) : "";
  for (const LoweredGemm& part : lower_conv(gemm.conv, gemm.pass)) {
    shapes += fmt::format(" {}x{}x{}", part.shape.m, part.shape.n, part.shape.k);
  }
  return fmt::format("gemm {} {}{}:{} ->{}", kPasses[static_cast<int>(gemm.pass)],
                     kPrecisions[static_cast<int>(gemm.precision)], shapes,
                     names(workload, {gemm.streamed, gemm.stationary}),
                     names(workload, {gemm.result}));
}

std::string text_of(const Workload& workload, const SfuWork& sfu) {
  std::string steps;
  for (const SfuStep step : sfu.steps) {
    steps += fmt::format(" {}", kSfuStepNames[static_cast<std::size_t>(step)]);
  }
  const std::string whole =
      sfu.whole.empty() ? "" : "; whole" + names(workload, {sfu.whole.begin(), sfu.whole.end()});
  return fmt::format("sfu {}{}:{}{} ->{}", sfu.elements, steps, names(workload, sfu.inputs), whole,
                     names(workload, sfu.outputs));
}

}  // namespace

std::string workload_text(const Workload& workload) {
  std::string text = "# elements x bits; * = in DRAM before and after the step\n";
  int stage = -1;
  for (const Operation& operation : workload.operations) {
    while (stage < operation.stage) {
      ++stage;
      const WorkloadStage& at = workload.stages[static_cast<std::size_t>(stage)];
      text += fmt::format("{} {}\n", at.layer, pass_name(at.pass));
    }
    text += "  ";
    text += std::visit([&](const auto& work) { return text_of(workload, work); }, operation.work);
    text += '\n';
  }
  return text;
}

}  // namespace nibble::test
