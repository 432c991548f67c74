// Builds a Workload from a network: the forward half (forward_builder.cpp) and the backward half
// (backward_builder.cpp) share this state. Element-wise layers are not emitted one by one: they
// collect in an Expression until something needs the values in memory (a GEMM, a second reader, a
// reduction), so that batch norm, residual add and activation cost one pass over the scratchpad.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/workload/workload.h"

namespace nibble {

/// A value that is not in memory yet: steps over inputs.
struct Expression {
  std::vector<SfuStep> steps;
  std::vector<TensorSlice> inputs;
  std::vector<TensorId> whole;
};

inline constexpr TensorId kNoTensor = -1;

/// What a layer leaves behind for later layers and for the backward pass.
struct LayerTensors {
  TensorId input = kNoTensor;       // what a GEMM layer streams forward; a batch norm's x
  TensorId value = kNoTensor;       // fp16 output
  TensorId codes = kNoTensor;       // u4 output of a pact layer
  TensorId mask = kNoTensor;        // of an activation: which elements pass a gradient
  TensorId statistics = kNoTensor;  // of a batch norm: sums a channel
  TensorId weight = kNoTensor;      // s4 codes or fp16
  TensorId master = kNoTensor;      // binary32 weights or batch-norm parameters
  TensorId momentum = kNoTensor;
  std::vector<Expression> gradients;  // contributions to the gradient of the output
};

class StepBuilder {
 public:
  StepBuilder(const Network& network, const WorkloadOptions& options);
  [[nodiscard]] Workload build();

 private:
  // forward_builder.cpp
  void forward(int layer);
  void forward_gemm(int layer);
  void forward_batch_norm(int layer);
  TensorId add_statistics(int layer);
  void prepare_weights(int layer);
  void forward_activation(int layer);
  void forward_pool(int layer);
  [[nodiscard]] Expression value_of(int layer) const;

  // backward_builder.cpp
  void loss();
  void backward(int layer);
  void backward_gemm(int layer);
  void backward_batch_norm(int layer);
  void backward_activation(int layer);
  void update(int layer, TensorId gradient);
  void run_pending_update();
  [[nodiscard]] Expression gradient_of(int layer);
  void add_gradient(int layer, Expression gradient);

  // shared
  TensorId add_tensor(std::string name, std::int64_t elements, int bits, bool persistent = false);
  // Stages are cut so that a GEMM and the element-wise run that feeds it share one: the array can
  // follow the SFU block by block. Such a stage takes its name from the GEMM.
  void open_stage(int layer, Pass pass);
  void open_gemm_stage(int layer, Pass pass);
  void close_stage() { stage_closed_ = true; }
  void emit(SfuWork work);
  void emit_gemm(int layer, GemmWork work);
  TensorId materialise(Expression expression, const std::string& name, std::int64_t elements);
  [[nodiscard]] bool is_nibble(int layer) const;
  [[nodiscard]] bool read_as_codes(int layer) const;
  [[nodiscard]] bool read_as_values(int layer) const;
  [[nodiscard]] std::int64_t output_elements(int layer) const;
  [[nodiscard]] const Layer& layer_at(int layer) const {
    return network_.layers[static_cast<std::size_t>(layer)];
  }
  LayerTensors& tensors_of(int layer) { return tensors_[static_cast<std::size_t>(layer)]; }
  [[nodiscard]] const LayerTensors& tensors_of(int layer) const {
    return tensors_[static_cast<std::size_t>(layer)];
  }
  [[noreturn]] void fail(int layer, const std::string& fault) const;

  const Network& network_;
  const WorkloadOptions& options_;
  Workload workload_;
  TensorId input_ = kNoTensor;
  int current_layer_ = 0;
  bool backward_ = false;
  bool stage_closed_ = true;  // the next operation opens a stage
  bool stage_has_gemm_ = false;
  /// The optimizer step that waits for the end of the stage under way.
  struct PendingUpdate {
    int layer = 0;
    TensorId gradient = kNoTensor;
  };
  std::optional<PendingUpdate> pending_update_;
  std::vector<LayerTensors> tensors_;
  std::vector<std::vector<int>> readers_;  // layers that read a layer's output
};

/// `first` and `second` side by side: both values feed what follows.
[[nodiscard]] Expression joined(Expression first, const Expression& second);

}  // namespace nibble
