// What the step builder knows of a layer: where its output is, what the backward pass will need,
// its weights, and the gradients that have arrived.
#pragma once

#include <string>
#include <vector>

#include "sim/workload/workload.h"

namespace nibble {

inline constexpr TensorId kNoTensor = -1;

/// A value that is not in memory yet: steps over inputs. Without steps it is in memory, one input
/// after the other.
struct Expression {
  std::vector<SfuStep> steps;
  std::vector<TensorSlice> inputs;
  std::vector<TensorId> whole;
  [[nodiscard]] bool in_memory() const { return steps.empty(); }
};

/// `first` and `second` side by side: both values feed what follows.
[[nodiscard]] Expression joined(Expression first, const Expression& second);

/// One set of trained numbers.
struct Weights {
  std::vector<TensorSlice> master;    // binary32 (fp16 in an inference), in one part or several
  std::vector<TensorSlice> momentum;  // the same parts
  TensorId operand = kNoTensor;       // what a GEMM multiplies: s4 codes, fp8 or fp16
  TensorId sawb = kNoTensor;          // E[w^2] and E|w|, as the update of the step before left them
  std::int64_t elements = 0;
};

/// One direction of an LSTM. Tensors of all time steps are one slice a step, in order of time;
/// those of the steps that have one before them are one slice less, in order of computation.
struct LstmDirection {
  std::string name;
  std::string part_prefix;                    // of GemmWork::part
  int input_weights = 0, hidden_weights = 0;  // of the layer's
  TensorId projection = kNoTensor;            // X.Wx, four gates
  TensorId recurrent = kNoTensor;             // h.Wh
  TensorId cell = kNoTensor;
  TensorId gates = kNoTensor;  // kept for the backward pass
  TensorSlice value;           // h in fp16
  TensorSlice hidden;          // what h.Wh streams: s4 codes, fp8 or fp16
  // Backward: gradients of the gates in each format that a pass wants, and which each streams.
  std::vector<SfuStep> quantisers;
  std::vector<TensorSlice> gate_gradients;
  TensorSlice dgrad, wgrad;
  TensorId cell_gradient = kNoTensor;
  TensorId hidden_gradient = kNoTensor;
};

struct LayerTensors {
  std::vector<TensorSlice> input;   // what a GEMM streams; the x of a norm, gelu or product
  std::vector<TensorSlice> second;  // of a product's or matmul's second input
  TensorId value = kNoTensor;       // fp16 output
  TensorId codes = kNoTensor;       // 4-bit output of a pact layer, or of the network's input
  TensorId fp8 = kNoTensor;         // output in fp8
  TensorId mask = kNoTensor;        // of an activation: which elements pass a gradient
  TensorId statistics = kNoTensor;  // of a norm: sums a channel or a position
  /// One; of an LSTM two a direction, input before hidden; of a table the rows that the step uses
  /// and, if there are more, the others.
  std::vector<Weights> weights;
  std::vector<TensorSlice> tied_gradients;  // from layers that use these weights
  std::vector<LstmDirection> directions;
  std::vector<Expression> gradients;  // contributions to the gradient of the output
};

}  // namespace nibble
