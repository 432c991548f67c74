// Builds a Workload from a network. Element-wise layers are not emitted one by one: they collect in
// an Expression until something needs the values in memory (a GEMM, a reduction, a second reader),
// so that batch norm, residual add and activation cost one pass over the scratchpad.
//
// One class, a file a concept: step_builder.cpp (the walk, tensors, stages), forward_builder.cpp
// and backward_builder.cpp (layers without weights), norm_builder.cpp, table_builder.cpp
// (embeddings), weight_builder.cpp (operands and optimizer), gemm_builder.cpp, lstm_builder.cpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/workload/layer_graph.h"
#include "sim/workload/layer_tensors.h"
#include "sim/workload/workload.h"

namespace nibble {

class StepBuilder {
 public:
  StepBuilder(const Network& network, const WorkloadOptions& options);
  [[nodiscard]] Workload build();

 private:
  // forward_builder.cpp
  void forward(int layer);
  void forward_activation(int layer);
  void forward_pool(int layer);
  [[nodiscard]] std::int64_t pooled_elements(int layer) const;
  void forward_traffic(int layer);
  /// The output as an expression; a join that several layers read is put into memory first.
  [[nodiscard]] Expression value_of(int layer);
  [[nodiscard]] Expression unkept_value_of(int layer);
  [[nodiscard]] Expression evaluate(int layer);
  [[nodiscard]] Expression concatenated(int layer);
  [[nodiscard]] bool worth_keeping(int layer) const;
  [[nodiscard]] bool kept_by_reader(int softmax) const;
  [[nodiscard]] std::vector<TensorSlice> parts_in_memory(int layer);
  [[nodiscard]] TensorSlice value_in_memory(int layer);

  // backward_builder.cpp
  void loss();
  void backward(int layer);
  void backward_join(int layer);
  void backward_pool(int layer);
  void backward_activation(int layer);
  void backward_split(int layer);
  void backward_select_token(int layer);
  [[nodiscard]] Expression gradient_of(int layer);
  [[nodiscard]] TensorId gradient_in_memory(int layer);
  void add_gradient(int layer, Expression gradient);

  // norm_builder.cpp
  void forward_norm(int layer);
  [[nodiscard]] Expression normalised(int layer);
  [[nodiscard]] TensorId add_statistics(int layer);
  void backward_batch_norm(int layer);
  void backward_layer_norm(int layer);

  // table_builder.cpp
  void forward_embedding(int layer);
  void backward_embedding(int layer);
  void prepare_table(int owner);
  [[nodiscard]] Weights add_table(const std::string& name, std::int64_t elements);
  void forward_position_embedding(int layer);
  void backward_position_embedding(int layer);

  // weight_builder.cpp
  void prepare_weights(int layer);
  [[nodiscard]] Weights add_parameters(const std::string& name, std::int64_t elements);
  [[nodiscard]] Weights add_weights(const std::string& name, std::int64_t elements,
                                    TilePrecision precision);
  void make_operand(const std::string& name, TilePrecision precision, Weights& weights, bool tied);
  [[nodiscard]] int owner_of(int layer) const;
  [[nodiscard]] Weights tied_weights(int layer);
  void update(const Weights& weights, std::vector<TensorSlice> gradients);
  void run_pending_update();

  // gemm_builder.cpp
  void forward_gemm(int layer);
  void backward_gemm(int layer);
  [[nodiscard]] TensorSlice operand(int reader, int source);
  [[nodiscard]] StreamFormat stream_format(int source) const;
  [[nodiscard]] StationaryFormat stationary_format(int source) const;
  void add_statistics_of_readers(int layer, SfuWork& epilogue);
  struct GradientOperands {  // what the two passes stream
    TensorSlice dgrad, wgrad;
  };
  [[nodiscard]] GradientOperands quantise_gradient(int layer, bool for_dgrad, bool for_wgrad);
  [[nodiscard]] TensorId add_input_gradient(int layer, const ConvShape& conv);
  [[nodiscard]] GemmWork gemm_work(int layer, GemmPass pass) const;
  void emit(GemmWork work);

  // lstm_builder.cpp
  void prepare_lstm_weights(int layer, TilePrecision precision);
  void forward_lstm(int layer);
  void add_lstm_direction(int layer, int index);
  void lstm_step(int layer, int index, std::int64_t step);
  void backward_lstm(int layer);
  void add_gate_gradients(int layer, LstmDirection& direction);
  void lstm_step_backward(int layer, int index, std::int64_t step, TensorId dy);
  void lstm_gradients(int layer);

  // step_builder.cpp
  /// A tensor of `shape` a sample, its rows the positions; `factor` elements for each of them.
  TensorId add_map(std::string name, const FeatureShape& shape, int bits, std::int64_t factor = 1);
  TensorId add_tensor(Tensor tensor);
  // Stages are cut so that a GEMM and the element-wise run that feeds it share one: the array can
  // follow the SFU block by block. Such a stage takes its name from the GEMM.
  void open_stage(int layer, Pass pass);
  void open_gemm_stage(int layer, Pass pass);
  void close_stage() { stage_closed_ = true; }
  void emit(SfuWork work);
  /// The expression's value in memory; a copy only if it is not one tensor there already.
  TensorId materialise(Expression expression, const std::string& name, const FeatureShape& shape);
  [[nodiscard]] const Layer& layer_at(int layer) const { return graph_.layer(layer); }
  [[nodiscard]] int source_of(int layer) const { return graph_.inputs(layer).front(); }
  [[nodiscard]] std::string name_of(int layer) const;
  [[nodiscard]] std::int64_t elements_of(int layer) const;
  LayerTensors& tensors_of(int layer) {
    return tensors_[static_cast<std::size_t>(std::int64_t{layer} + 1)];
  }
  [[nodiscard]] const LayerTensors& tensors_of(int layer) const {
    return tensors_[static_cast<std::size_t>(std::int64_t{layer} + 1)];
  }
  [[nodiscard]] Tensor& tensor_at(TensorId tensor) {
    return workload_.tensors[static_cast<std::size_t>(tensor)];
  }
  [[noreturn]] void fail(int layer, const std::string& fault) const;

  const Network& network_;
  const WorkloadOptions& options_;
  LayerGraph graph_;
  Workload workload_;
  int current_layer_ = 0;
  bool backward_ = false;
  bool stage_closed_ = true;  // the next operation opens a stage
  bool stage_has_gemm_ = false;
  /// Waits for the next layer that multiplies, so that what the layers above do with dX shares a
  /// stage with the dgrad: the GEMMs that make a gradient for each of the layer's weights, and what
  /// applies these.
  struct PendingUpdate {
    int layer = 0;
    std::vector<GemmWork> wgrads;
  };
  std::optional<PendingUpdate> pending_update_;
  std::vector<LayerTensors> tensors_;  // of the network's input, then of each layer
};

}  // namespace nibble
