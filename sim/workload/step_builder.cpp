// The shared part of StepBuilder: the walk over the layers, tensors, stages.
#include "sim/workload/step_builder.h"

#include <stdexcept>

namespace nibble {

const char* pass_name(Pass pass) {
  switch (pass) {
    case Pass::forward:
      return "forward";
    case Pass::loss:
      return "loss";
    case Pass::backward:
      return "backward";
    case Pass::dgrad:
      return "dgrad";
    case Pass::wgrad:
      return "wgrad";
    case Pass::update:
      return "update";
  }
  throw std::logic_error("unknown pass");
}

Expression joined(Expression first, const Expression& second) {
  first.steps.insert(first.steps.end(), second.steps.begin(), second.steps.end());
  first.inputs.insert(first.inputs.end(), second.inputs.begin(), second.inputs.end());
  first.whole.insert(first.whole.end(), second.whole.begin(), second.whole.end());
  return first;
}

StepBuilder::StepBuilder(const Network& network, const WorkloadOptions& options)
    : network_(network),
      options_(options),
      graph_(network, options.precision),
      tensors_(network.layers.size() + 1) {
  if (options.batch < 1) throw std::invalid_argument("batch must be at least 1");
  if (network.layers.empty()) throw std::invalid_argument("the network has no layers");
}

Workload StepBuilder::build() {
  workload_.batch = options_.batch;
  tensors_of(-1).value = add_map("input", network_.input, 16);
  tensor_at(tensors_of(-1).value).persistent = true;
  for (int layer = 0; layer < graph_.size(); ++layer) {
    current_layer_ = layer;
    forward(layer);
  }
  if (options_.training) {
    loss();
    backward_ = true;
    for (int layer = graph_.size() - 1; layer >= 0; --layer) {
      current_layer_ = layer;
      backward(layer);
    }
    run_pending_update();
  } else {
    current_layer_ = graph_.last();
    Expression logits = value_of(current_layer_);
    const TensorId kept = materialise(std::move(logits), name_of(current_layer_) + ".y",
                                      graph_.shape(current_layer_));
    tensor_at(kept).persistent = true;  // they leave the chip
  }
  return std::move(workload_);
}

TensorId StepBuilder::add_tensor(Tensor tensor) {
  workload_.tensors.push_back(std::move(tensor));
  return static_cast<TensorId>(workload_.tensors.size()) - 1;
}

TensorId StepBuilder::add_map(std::string name, const FeatureShape& shape, int bits,
                              std::int64_t factor) {
  const std::int64_t rows = options_.batch * shape.h * shape.w;
  return add_tensor({std::move(name), factor * rows * shape.c, bits, false, rows});
}

std::string StepBuilder::name_of(int layer) const {
  return layer < 0 ? "input" : layer_at(layer).name;
}

std::int64_t StepBuilder::elements_of(int layer) const {
  return options_.batch * graph_.shape(layer).elements();
}

void StepBuilder::open_stage(int layer, Pass pass) {
  workload_.stages.push_back({layer_at(layer).name, pass});
  stage_closed_ = false;
  stage_has_gemm_ = false;
}

void StepBuilder::open_gemm_stage(int layer, Pass pass) {
  if (stage_closed_ || stage_has_gemm_) {
    open_stage(layer, pass);
  } else {
    workload_.stages.back() = {layer_at(layer).name, pass};
  }
}

void StepBuilder::emit(SfuWork work) {
  if (stage_closed_) open_stage(current_layer_, backward_ ? Pass::backward : Pass::forward);
  workload_.operations.push_back({static_cast<int>(workload_.stages.size()) - 1, std::move(work)});
}

void StepBuilder::emit(GemmWork work) {
  stage_has_gemm_ = true;
  workload_.operations.push_back({static_cast<int>(workload_.stages.size()) - 1, work});
}

TensorId StepBuilder::materialise(Expression expression, const std::string& name,
                                  const FeatureShape& shape) {
  if (expression.in_memory()) {
    const bool one = expression.inputs.size() == 1 && expression.inputs.front().parts == 1;
    if (one) return expression.inputs.front().tensor;
    expression.steps.push_back(SfuStep::cast);  // moves elements, changes none
  }
  const TensorId tensor = add_map(name, shape, 16);
  emit(SfuWork{std::move(expression.steps),
               tensor_at(tensor).elements,
               std::move(expression.inputs),
               {tensor},
               std::move(expression.whole)});
  return tensor;
}

void StepBuilder::fail(int layer, const std::string& fault) const {
  throw std::invalid_argument("layer " + layer_at(layer).name + ": " + fault);
}

Workload build_workload(const Network& network, const WorkloadOptions& options) {
  return StepBuilder(network, options).build();
}

}  // namespace nibble
