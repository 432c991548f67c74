#include "sim/compiler/compiler.h"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "sim/compiler/emitter.h"
#include "sim/compiler/gemm_footprint.h"
#include "sim/compiler/placement.h"
#include "sim/compiler/tiling.h"

namespace nibble {
namespace {

class Compiler {
 public:
  Compiler(const Workload& workload, const CompilerTarget& target)
      : workload_(workload),
        target_(target),
        placement_(place_tensors(workload, target.stream_buffer_bytes, target.scratchpad_bytes,
                                 target.dram_stripe_bytes)),
        emitter_(placement_, target.stream_buffer_bytes) {}

  Program compile();

 private:
  void open_stage(int stage);
  void gemm(const Operation& operation, const GemmWork& work);
  [[nodiscard]] Bytes bytes_read(const GemmWork& work, TensorId tensor) const;
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
  const int result_bits = workload_.tensors[static_cast<std::size_t>(work.result.tensor)].bits;
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

/// What one operation must read of a persistent tensor; rows that a stride skips are not.
Bytes Compiler::bytes_read(const GemmWork& work, TensorId tensor) const {
  Bytes bytes = 0;
  for (const LoweredGemm& part : lower_conv(work.conv, work.pass)) {
    const GemmFootprint footprint(workload_, work, part, 0);
    const GemmBlock all{0, part.shape.m, 0, part.shape.n, 0, part.shape.k};
    if (tensor == work.streamed.tensor)
      bytes = std::max(bytes, total_bytes(footprint.streamed(all)));
    if (tensor == work.stationary.tensor)
      bytes = std::max(bytes, total_bytes(footprint.stationary(all)));
  }
  return bytes;
}

/// Each tensor that outlives the step crosses the pins once in, and once out if it is changed.
Bytes Compiler::compulsory_bytes() const {
  std::vector<Bytes> read(workload_.tensors.size()), written(workload_.tensors.size());
  const auto raise = [&](std::vector<Bytes>& most, TensorId tensor, Bytes bytes) {
    Bytes& at = most[static_cast<std::size_t>(tensor)];
    at = std::max(at, bytes);
  };
  const auto whole = [&](TensorId tensor) {
    return workload_.tensors[static_cast<std::size_t>(tensor)].bytes();
  };
  for (const Operation& operation : workload_.operations) {
    if (const auto* gemm = std::get_if<GemmWork>(&operation.work)) {
      for (const TensorId tensor : {gemm->streamed.tensor, gemm->stationary.tensor}) {
        raise(read, tensor, bytes_read(*gemm, tensor));
      }
      continue;
    }
    const auto& sfu = std::get<SfuWork>(operation.work);
    for (const TensorSlice& slice : sfu.inputs) raise(read, slice.tensor, whole(slice.tensor));
    for (const TensorId tensor : sfu.whole) raise(read, tensor, whole(tensor));
    for (const TensorSlice& slice : sfu.outputs) raise(written, slice.tensor, whole(slice.tensor));
  }
  Bytes bytes = 0;
  for (std::size_t i = 0; i < workload_.tensors.size(); ++i) {
    if (workload_.tensors[i].persistent) bytes += read[i] + written[i];
  }
  return bytes;
}

Program Compiler::compile() {
  int stage = -1;
  for (const Operation& operation : workload_.operations) {
    if (operation.stage != stage) {
      if (stage >= 0) emitter_.close_stage();
      open_stage(stage = operation.stage);
    }
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
  emitter_.close_stage();
  Program program = std::move(emitter_.program());
  program.compulsory_bytes = compulsory_bytes();
  program.scratchpad_peak_bytes = placement_.resident_peak_bytes;
  program.dram_bytes = placement_.dram_bytes;
  return program;
}

}  // namespace

Program compile(const Workload& workload, const CompilerTarget& target) {
  return Compiler(workload, target).compile();
}

}  // namespace nibble
