#include "sim/compiler/compiler.h"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "sim/compiler/emitter.h"
#include "sim/compiler/placement.h"
#include "sim/compiler/tiling.h"

namespace nibble {
namespace {

class Compiler {
 public:
  Compiler(const Workload& workload, const CompilerTarget& target)
      : workload_(workload),
        target_(target),
        placement_(place_tensors(workload, target.stream_buffer_bytes, target.scratchpad_bytes)),
        emitter_(placement_, target.stream_buffer_bytes) {}

  Program compile();

 private:
  void open_stage(int stage);
  void gemm(const Operation& operation, const GemmWork& work);
  [[nodiscard]] Bytes compulsory_bytes() const;
  [[nodiscard]] std::string stage_name(int stage) const {
    const WorkloadStage& at = workload_.stages[static_cast<std::size_t>(stage)];
    return at.layer + " " + pass_name(at.pass);
  }

  const Workload& workload_;
  const CompilerTarget& target_;
  PlacementPlan placement_;
  Emitter emitter_;
};

void Compiler::open_stage(int stage) {
  const WorkloadStage& label = workload_.stages[static_cast<std::size_t>(stage)];
  Stage opened{label.layer, pass_name(label.pass), "", 0};
  std::int64_t sfu_elements = 0;
  for (const Operation& operation : workload_.operations) {
    if (operation.stage != stage) continue;
    if (const auto* gemm = std::get_if<GemmWork>(&operation.work)) {
      for (const LoweredGemm& part : lower_conv(gemm->conv, gemm->pass)) {
        if (opened.macs == 0) {
          opened.shape = fmt::format("{}x{}x{}", part.shape.m, part.shape.n, part.shape.k);
        }
        opened.macs += part.shape.macs();
      }
    } else {
      sfu_elements = std::max(sfu_elements, std::get<SfuWork>(operation.work).elements);
    }
  }
  if (opened.macs == 0) opened.shape = fmt::format("{}", sfu_elements);
  emitter_.open_stage(std::move(opened));
}

void Compiler::gemm(const Operation& operation, const GemmWork& work) {
  const TilingContext context{workload_, target_, placement_, operation.stage};
  const std::vector<LoweredGemm> parts = lower_conv(work.conv, work.pass);
  const std::string& layer = workload_.stages[static_cast<std::size_t>(operation.stage)].layer;
  const int result_bits = workload_.tensors[static_cast<std::size_t>(work.result)].bits;
  Bytes result_offset = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    Program& program = emitter_.program();
    const auto index = static_cast<std::uint32_t>(program.gemms.size());
    program.gemms.push_back(
        {layer, parts[i], work.arithmetic, work.precision, i + 1 == parts.size()});
    emitter_.run(tile_gemm(context, work, parts[i], index, result_offset));
    result_offset += parts[i].shape.m * parts[i].shape.n * result_bits / 8;
  }
}

Bytes Compiler::compulsory_bytes() const {
  // Each tensor that outlives the step crosses the pins once in, and once out if it is changed.
  std::vector<bool> read(workload_.tensors.size()), written(workload_.tensors.size());
  for (const Operation& operation : workload_.operations) {
    if (const auto* gemm = std::get_if<GemmWork>(&operation.work)) {
      read[static_cast<std::size_t>(gemm->streamed)] = true;
      read[static_cast<std::size_t>(gemm->stationary)] = true;
    } else {
      const auto& sfu = std::get<SfuWork>(operation.work);
      for (const TensorId tensor : sfu.inputs) read[static_cast<std::size_t>(tensor)] = true;
      for (const TensorId tensor : sfu.whole) read[static_cast<std::size_t>(tensor)] = true;
      for (const TensorId tensor : sfu.outputs) written[static_cast<std::size_t>(tensor)] = true;
    }
  }
  Bytes bytes = 0;
  for (std::size_t i = 0; i < workload_.tensors.size(); ++i) {
    if (!workload_.tensors[i].persistent) continue;
    bytes += workload_.tensors[i].bytes() * ((read[i] ? 1 : 0) + (written[i] ? 1 : 0));
  }
  return bytes;
}

Program Compiler::compile() {
  int stage = -1;
  for (const Operation& operation : workload_.operations) {
    if (operation.stage != stage) open_stage(stage = operation.stage);
    try {
      if (const auto* work = std::get_if<GemmWork>(&operation.work)) {
        gemm(operation, *work);
      } else {
        emitter_.run(
            tile_sfu({workload_, target_, placement_, stage}, std::get<SfuWork>(operation.work)));
      }
    } catch (const std::invalid_argument& fault) {
      throw std::invalid_argument(stage_name(stage) + ": " + fault.what());
    }
  }
  emitter_.finish();
  Program program = std::move(emitter_.program());
  program.compulsory_bytes = compulsory_bytes();
  program.scratchpad_peak_bytes = placement_.resident_peak_bytes;
  return program;
}

}  // namespace

Program compile(const Workload& workload, const CompilerTarget& target) {
  return Compiler(workload, target).compile();
}

}  // namespace nibble
