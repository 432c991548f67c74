// The main job's training step, operation by operation, as a golden text that a person can read.
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "sim/config/network_reader.h"
#include "sim/workload/workload.h"
#include "tests/sim/support/golden.h"

extern "C" int sc_main(int /*argc*/, char** /*argv*/) { return 0; }

namespace nibble {
namespace {

constexpr const char* kGolden = "sim/workload/quickstart_operations.txt";

std::string names(const Workload& workload, const std::vector<TensorSlice>& tensors) {
  std::string text;
  for (const TensorSlice& id : tensors) {
    const Tensor& tensor = workload.tensors[static_cast<std::size_t>(id.tensor)];
    text += fmt::format(" {}[{}x{}b{}]", tensor.name, tensor.elements, tensor.bits,
                        tensor.persistent ? "*" : "");
  }
  return text;
}

std::string text_of(const Workload& workload, const GemmWork& gemm) {
  constexpr const char* kPasses[] = {"forward", "dgrad", "wgrad"};
  std::string shapes;
  for (const LoweredGemm& part : lower_conv(gemm.conv, gemm.pass)) {
    shapes += fmt::format(" {}x{}x{}", part.shape.m, part.shape.n, part.shape.k);
  }
  return fmt::format("gemm {} {}{}:{} ->{}", kPasses[static_cast<int>(gemm.pass)],
                     gemm.precision == TilePrecision::nibble4 ? "int4_fp4" : "fp16", shapes,
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

std::string text_of(const Workload& workload) {
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

}  // namespace

TEST_CASE("The quickstart's training step consists of the operations of the golden text") {
  const Network network = read_network(NIBBLE_SOURCE_DIR "/configs/networks/resnet8_w16.yaml");
  WorkloadOptions options;
  options.batch = 8;
  const Workload workload = build_workload(network, options);
  CHECK(test::golden_difference(kGolden, text_of(workload)) == "");
}

}  // namespace nibble
