// Backward half of layers without weights: loss, and gradients on their way to earlier layers.
// Gradients that several readers contribute are summed where they are next needed.
#include <algorithm>

#include "sim/workload/step_builder.h"

namespace nibble {

void StepBuilder::loss() {
  const int last = graph_.last();
  open_stage(last, Pass::loss);
  Expression logits = value_of(last);
  const TensorId gradient = add_map("loss.gradient", graph_.shape(last), 16);
  logits.steps.push_back(SfuStep::softmax_loss);
  emit(SfuWork{std::move(logits.steps),
               elements_of(last),
               std::move(logits.inputs),
               {gradient},
               std::move(logits.whole)});
  add_gradient(last, {{}, {gradient}, {}});
  close_stage();
}

void StepBuilder::add_gradient(int layer, Expression gradient) {
  if (layer >= 0) tensors_of(layer).gradients.push_back(std::move(gradient));
}

Expression StepBuilder::gradient_of(int layer) {
  std::vector<Expression>& parts = tensors_of(layer).gradients;
  Expression sum = std::move(parts.front());
  for (std::size_t i = 1; i < parts.size(); ++i) {
    sum = joined(std::move(sum), parts[i]);
    sum.steps.push_back(SfuStep::residual_add);
  }
  parts.clear();
  return sum;
}

TensorId StepBuilder::gradient_in_memory(int layer) {
  return materialise(gradient_of(layer), layer_at(layer).name + ".gradient", graph_.shape(layer));
}

void StepBuilder::backward(int layer) {
  const LayerKind kind = layer_at(layer).kind;
  if (kind == LayerKind::reshape) return;  // its readers are its source's
  if (tensors_of(layer).gradients.empty()) {
    if (graph_.readers(layer).empty()) {
      fail(layer, "no gradient reaches it: its output is never read");
    }
    return;  // it feeds token ids, through which no gradient flows
  }
  switch (kind) {
    case LayerKind::conv:
    case LayerKind::linear:
    case LayerKind::matmul:
      return backward_gemm(layer);
    case LayerKind::lstm:
      return backward_lstm(layer);
    case LayerKind::batch_norm:
      return backward_batch_norm(layer);
    case LayerKind::layer_norm:
      return backward_layer_norm(layer);
    case LayerKind::pact:
    case LayerKind::pact_signed:
    case LayerKind::relu:
    case LayerKind::gelu:
    case LayerKind::softmax:
      return backward_activation(layer);
    case LayerKind::add:
    case LayerKind::multiply:
      return backward_join(layer);
    case LayerKind::max_pool:
    case LayerKind::avg_pool:
    case LayerKind::global_avg_pool:
      return backward_pool(layer);
    case LayerKind::concat:
    case LayerKind::traffic:
      return backward_split(layer);
    case LayerKind::embedding:
      return backward_embedding(layer);
    case LayerKind::position_embedding:
      return backward_position_embedding(layer);
    case LayerKind::select_token:
      return backward_select_token(layer);
    case LayerKind::reshape:
      return;
  }
}

/// Both inputs receive the same tensor, or a product with it, so it has to be in memory.
void StepBuilder::backward_join(int layer) {
  const TensorId gradient = gradient_in_memory(layer);
  const std::vector<int>& inputs = graph_.inputs(layer);
  const auto times = [&](std::vector<TensorSlice> factor) {
    factor.insert(factor.begin(), gradient);
    return Expression{{SfuStep::multiply}, std::move(factor), {}};
  };
  const bool add = layer_at(layer).kind == LayerKind::add;
  const Expression same{{}, {gradient}, {}};
  add_gradient(inputs.at(0), add ? same : times(tensors_of(layer).second));
  add_gradient(inputs.at(1), add ? same : times(tensors_of(layer).input));
}

void StepBuilder::backward_pool(int layer) {
  const Layer& at = layer_at(layer);
  const int source = source_of(layer);
  const bool windows = at.kind != LayerKind::global_avg_pool;
  Expression run = windows ? Expression{{}, {gradient_in_memory(layer)}, {}} : gradient_of(layer);
  run.steps.push_back(SfuStep::pool);
  if (tensors_of(layer).mask != kNoTensor) run.inputs.emplace_back(tensors_of(layer).mask);
  const TensorId gradient =
      add_map(at.name + (windows ? ".dx" : ".gradient"), graph_.shape(source), 16);
  emit(SfuWork{std::move(run.steps),
               pooled_elements(layer),
               std::move(run.inputs),
               {gradient},
               std::move(run.whole)});
  add_gradient(source, {{}, {gradient}, {}});
}

void StepBuilder::backward_activation(int layer) {
  const LayerTensors& mine = tensors_of(layer);
  Expression run = gradient_of(layer);
  if (layer_at(layer).kind == LayerKind::gelu) {
    run.steps.insert(run.steps.end(), {SfuStep::function, SfuStep::multiply});
    run.inputs.insert(run.inputs.end(), mine.input.begin(), mine.input.end());
  } else if (layer_at(layer).kind == LayerKind::softmax) {
    run.steps.push_back(SfuStep::softmax_backward);
    run.inputs.emplace_back(mine.value);
  } else {
    run.steps.push_back(SfuStep::activation_backward);
    run.inputs.emplace_back(mine.mask);
  }
  add_gradient(source_of(layer), std::move(run));
}

/// The run that makes the gradient writes each input its part.
void StepBuilder::backward_split(int layer) {
  Expression run = gradient_of(layer);
  std::vector<TensorSlice> outputs;
  std::int64_t elements = elements_of(layer);
  for (const int input : graph_.inputs(layer)) {
    if (input < 0) continue;
    const std::string name = layer_at(layer).name + ".gradient." + std::to_string(outputs.size());
    outputs.emplace_back(add_map(name, graph_.shape(input), 16));
    elements = std::max(elements, elements_of(input));
    add_gradient(input, {{}, {outputs.back()}, {}});
  }
  if (outputs.empty()) return;
  const bool computes_nothing = layer_at(layer).kind == LayerKind::traffic || run.in_memory();
  if (computes_nothing) run.steps.push_back(SfuStep::cast);  // moves elements
  emit(SfuWork{std::move(run.steps), elements, std::move(run.inputs), std::move(outputs),
               std::move(run.whole)});
}

/// The positions that were not selected get zeros.
void StepBuilder::backward_select_token(int layer) {
  const int source = source_of(layer);
  if (source < 0) return;
  Expression all{{}, {gradient_in_memory(layer)}, {}};
  FeatureShape others = graph_.shape(source);
  others.h = others.h * others.w - 1;
  others.w = 1;
  if (others.h > 0) {
    const TensorId zeros = add_map(layer_at(layer).name + ".zeros", others, 16);
    emit(SfuWork{{SfuStep::zero_fill}, tensor_at(zeros).elements, {}, {zeros}, {}});
    all.inputs.emplace_back(zeros);
  }
  add_gradient(source, std::move(all));
}

}  // namespace nibble
