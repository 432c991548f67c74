// A training step (or an inference) as a list of operations over tensors: GEMMs for the arrays and
// fused element-wise work for the SFU, in execution order. Made by build_workload from a network;
// read by the compiler. Knows sizes and precisions, no addresses and no time.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "models/layers/network.h"
#include "sim/base/units.h"
#include "sim/command/sfu_command.h"
#include "sim/command/tile_command.h"

namespace nibble {

enum class Pass : std::uint8_t { forward, loss, backward, dgrad, wgrad, update };
[[nodiscard]] const char* pass_name(Pass pass);

struct Tensor {
  std::string name;
  std::int64_t elements = 0;
  int bits = 16;
  /// Lives in DRAM before and after the step: images, master weights, optimizer state.
  bool persistent = false;
  [[nodiscard]] Bytes bytes() const { return (elements * bits + 7) / 8; }
};
using TensorId = int;

/// One pass of a conv or linear layer: the GEMMs of lower_conv(conv, pass).
struct GemmWork {
  TilePrecision precision = TilePrecision::nibble4;
  GemmArithmetic arithmetic;  // chunk_len is the array's and set by the compiler
  ConvShape conv;
  GemmPass pass = GemmPass::forward;
  TensorId streamed = 0, stationary = 0, result = 0;
};

/// Steps over `elements`; inputs and outputs are walked from first to last element in proportion.
/// `whole` lists small inputs (statistics) that must be complete before the first element.
struct SfuWork {
  std::vector<SfuStep> steps;
  std::int64_t elements = 0;
  std::vector<TensorId> inputs, outputs, whole;
};

struct Operation {
  int stage = 0;
  std::variant<GemmWork, SfuWork> work;
};

/// One layer x pass together with the element-wise runs around it. The chip puts a fence before
/// each stage (DESIGN section 4), and results are reported by stage.
struct WorkloadStage {
  std::string layer;
  Pass pass = Pass::forward;
};

struct Workload {
  std::int64_t batch = 0;
  std::vector<Tensor> tensors;
  std::vector<WorkloadStage> stages;
  std::vector<Operation> operations;  // in execution order, stages never interleave
};

/// nibble4 follows each layer's precision; fp16 is the twin's: every tensor takes 16 bits and the
/// quantisers fall away.
enum class ChipPrecision : std::uint8_t { nibble4, fp16 };

struct WorkloadOptions {
  std::int64_t batch = 1;
  bool training = true;  // false: the forward part alone
  ChipPrecision precision = ChipPrecision::nibble4;
  AccumulatorType accumulator = AccumulatorType::fp16x2;
};

/// Throws std::invalid_argument "layer NAME: ..." for a graph it cannot turn into a step.
[[nodiscard]] Workload build_workload(const Network& network, const WorkloadOptions& options);

}  // namespace nibble
