// The shared half of StepBuilder: tensors, emission, and the walk over the layers.
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
      tensors_(network.layers.size()),
      readers_(network.layers.size()) {
  if (options.batch < 1) throw std::invalid_argument("batch must be at least 1");
  if (network.layers.empty()) throw std::invalid_argument("the network has no layers");
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    for (const int input : network.layers[i].inputs) {
      if (input >= 0) readers_[static_cast<std::size_t>(input)].push_back(static_cast<int>(i));
    }
  }
}

Workload StepBuilder::build() {
  workload_.batch = options_.batch;
  input_ = add_tensor("input", options_.batch * network_.input.elements(), 16, true);
  const int layers = static_cast<int>(network_.layers.size());
  for (int layer = 0; layer < layers; ++layer) {
    current_layer_ = layer;
    forward(layer);
  }
  if (options_.training) {
    loss();
    backward_ = true;
    for (int layer = layers - 1; layer >= 0; --layer) {
      current_layer_ = layer;
      backward(layer);
    }
    run_pending_update();
  } else {
    const std::string& name = network_.layers.back().name;
    const TensorId logits =
        materialise(value_of(layers - 1), name + ".y", output_elements(layers - 1));
    // They leave the chip.
    workload_.tensors[static_cast<std::size_t>(logits)].persistent = true;
  }
  return std::move(workload_);
}

TensorId StepBuilder::add_tensor(std::string name, std::int64_t elements, int bits,
                                 bool persistent) {
  workload_.tensors.push_back({std::move(name), elements, bits, persistent});
  return static_cast<TensorId>(workload_.tensors.size()) - 1;
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

void StepBuilder::emit_gemm(int layer, GemmWork work) {
  work.precision = is_nibble(layer) ? TilePrecision::nibble4 : TilePrecision::fp16;
  work.arithmetic.accumulator = options_.accumulator;
  work.conv = conv_shape(layer_at(layer), options_.batch);
  stage_has_gemm_ = true;
  workload_.operations.push_back({static_cast<int>(workload_.stages.size()) - 1, work});
}

TensorId StepBuilder::materialise(Expression expression, const std::string& name,
                                  std::int64_t elements) {
  if (expression.steps.empty() && expression.inputs.size() == 1) {
    return expression.inputs.front().tensor;
  }
  const TensorId tensor = add_tensor(name, elements, 16);
  emit({std::move(expression.steps),
        elements,
        std::move(expression.inputs),
        {tensor},
        std::move(expression.whole)});
  return tensor;
}

bool StepBuilder::is_nibble(int layer) const {
  return options_.precision == ChipPrecision::nibble4 &&
         layer_at(layer).precision == LayerPrecision::int4_fp4 &&
         (layer_at(layer).kind == LayerKind::conv || layer_at(layer).kind == LayerKind::linear);
}

bool StepBuilder::read_as_codes(int layer) const {
  for (const int reader : readers_[static_cast<std::size_t>(layer)]) {
    if (is_nibble(reader)) return true;
  }
  return false;
}

bool StepBuilder::read_as_values(int layer) const {
  const std::vector<int>& readers = readers_[static_cast<std::size_t>(layer)];
  if (readers.empty()) return true;  // the logits
  for (const int reader : readers) {
    if (!is_nibble(reader)) return true;
  }
  return false;
}

std::int64_t StepBuilder::output_elements(int layer) const {
  return options_.batch * layer_at(layer).output_shape.elements();
}

void StepBuilder::fail(int layer, const std::string& fault) const {
  throw std::invalid_argument("layer " + layer_at(layer).name + ": " + fault);
}

Workload build_workload(const Network& network, const WorkloadOptions& options) {
  return StepBuilder(network, options).build();
}

}  // namespace nibble
