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

/// Tensors are shared out among the cores of a chip by whole rows: a row is what belongs to one
/// image position (or weight), so that a core finds its rows of one tensor beside those of another.
struct Tensor {
  std::string name;
  std::int64_t elements = 0;
  int bits = 16;
  /// Lives in DRAM before and after the step: images, master weights, optimizer state.
  bool persistent = false;
  std::int64_t rows = 0;   // 0: every element is one
  bool reduction = false;  // sums over all rows: each core has its own until they are added up
  [[nodiscard]] Bytes bytes() const { return (elements * bits + 7) / 8; }
};
using TensorId = int;

/// A tensor, or the `part`-th of `parts` equal slices of it: one time step of a sequence.
struct TensorSlice {
  TensorId tensor = 0;
  std::int64_t part = 0, parts = 1;
  TensorSlice() = default;
  TensorSlice(TensorId whole) : tensor(whole) {}  // NOLINT: a tensor is a slice of itself
  TensorSlice(TensorId of, std::int64_t index, std::int64_t count)
      : tensor(of), part(index), parts(count) {}
};
[[nodiscard]] inline bool operator==(const TensorSlice& a, const TensorSlice& b) {
  return a.tensor == b.tensor && a.part == b.part && a.parts == b.parts;
}

/// One pass of a layer that multiplies: the GEMMs of lower_conv(conv, pass). Groups lie one after
/// the other in all three tensors.
struct GemmWork {
  TilePrecision precision = TilePrecision::nibble4;
  GemmArithmetic arithmetic;  // chunk_len is the array's and set by the compiler
  ConvShape conv;
  GemmPass pass = GemmPass::forward;
  TensorSlice streamed, stationary, result;
  /// Of a layer that has several GEMMs in this pass: which (models/layers/lstm_parts.h). Those
  /// of an LSTM that runs both ways begin with its direction.
  std::string part = {};
};

/// Steps over `elements`; inputs and outputs are walked from first to last element in proportion.
/// `whole` lists small inputs (statistics) that must be complete before the first element.
struct SfuWork {
  std::vector<SfuStep> steps;
  std::int64_t elements = 0;
  std::vector<TensorSlice> inputs, outputs;
  std::vector<TensorId> whole;
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
/// quantisers fall away. fp8 is the HFP8 chip's: every GEMM in fp8 but those of layers kept in
/// fp16.
enum class ChipPrecision : std::uint8_t { nibble4, fp16, fp8 };

struct WorkloadOptions {
  std::int64_t batch = 1;
  bool training = true;  // false: the forward part alone
  ChipPrecision precision = ChipPrecision::nibble4;
  AccumulatorType accumulator = AccumulatorType::fp16x2;
};

/// Throws std::invalid_argument "layer NAME: ..." for a graph it cannot turn into a step.
[[nodiscard]] Workload build_workload(const Network& network, const WorkloadOptions& options);

}  // namespace nibble
