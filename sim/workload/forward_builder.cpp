// Forward half of a training step: weight preparation, GEMMs, statistics, fused element-wise runs.
#include <stdexcept>

#include "sim/workload/step_builder.h"

namespace nibble {

void StepBuilder::forward(int layer) {
  switch (layer_at(layer).kind) {
    case LayerKind::conv:
    case LayerKind::linear:
      forward_gemm(layer);
      return;
    case LayerKind::pact:
    case LayerKind::relu:
      forward_activation(layer);
      return;
    case LayerKind::max_pool:
    case LayerKind::global_avg_pool:
      forward_pool(layer);
      return;
    case LayerKind::batch_norm:
      forward_batch_norm(layer);
      return;
    case LayerKind::add:
      return;  // part of the run that reads it
  }
}

Expression StepBuilder::value_of(int layer) const {
  if (layer < 0) return {{}, {input_}, {}};
  const Layer& at = layer_at(layer);
  if (tensors_of(layer).value != kNoTensor) return {{}, {tensors_of(layer).value}, {}};
  if (at.kind == LayerKind::batch_norm) {
    const TensorId x = tensors_of(layer).input;
    Expression expression = x != kNoTensor ? Expression{{}, {x}, {}} : value_of(at.inputs.front());
    expression.steps.push_back(SfuStep::bn_normalise);
    expression.whole.push_back(tensors_of(layer).master);
    if (tensors_of(layer).statistics != kNoTensor) {
      expression.whole.push_back(tensors_of(layer).statistics);
    }
    return expression;
  }
  if (at.kind == LayerKind::add) {
    Expression expression = joined(value_of(at.inputs.at(0)), value_of(at.inputs.at(1)));
    expression.steps.push_back(SfuStep::residual_add);
    return expression;
  }
  fail(layer, "its fp16 output is needed but was not kept");
}

void StepBuilder::prepare_weights(int layer) {
  const Layer& at = layer_at(layer);
  LayerTensors& mine = tensors_of(layer);
  const std::int64_t weights =
      at.filters * at.kernel * at.kernel *
      (at.kind == LayerKind::linear ? at.input_shape.elements() : at.input_shape.c);
  const int bits = is_nibble(layer) ? 4 : 16;
  if (!options_.training) {
    mine.weight = add_tensor(at.name + ".w", weights, bits, true);
    return;
  }
  mine.master = add_tensor(at.name + ".master", weights, 32, true);
  mine.momentum = add_tensor(at.name + ".momentum", weights, 32, true);
  mine.weight = add_tensor(at.name + ".w", weights, bits);
  if (is_nibble(layer)) {
    // SAWB needs E[w^2] and E|w| of the whole tensor before the first code: two passes.
    const TensorId statistics = add_tensor(at.name + ".sawb", 2, 32);
    emit({{SfuStep::sawb_statistics}, weights, {mine.master}, {statistics}, {}});
    emit({{SfuStep::sawb_quantise}, weights, {mine.master}, {mine.weight}, {statistics}});
  } else {
    emit({{SfuStep::cast}, weights, {mine.master}, {mine.weight}, {}});
  }
}

void StepBuilder::forward_gemm(int layer) {
  const Layer& at = layer_at(layer);
  const int source = at.inputs.front();
  LayerTensors& mine = tensors_of(layer);
  open_gemm_stage(layer, Pass::forward);
  if (mine.weight == kNoTensor) prepare_weights(layer);

  GemmWork gemm;
  gemm.pass = GemmPass::forward;
  gemm.stationary = mine.weight;
  if (is_nibble(layer)) {
    if (source < 0 || tensors_of(source).codes == kNoTensor) {
      fail(layer, "a 4-bit layer must read a pact layer, allowed: precision fp16 here");
    }
    gemm.streamed = tensors_of(source).codes;
  } else {
    gemm.streamed =
        materialise(value_of(source), at.name + ".x", options_.batch * at.input_shape.elements());
  }
  mine.input = gemm.streamed.tensor;
  gemm.result = add_tensor(at.name + ".y.acc", output_elements(layer), 16);
  emit_gemm(layer, gemm);

  SfuWork epilogue;
  epilogue.steps = {SfuStep::scale};
  epilogue.elements = output_elements(layer);
  epilogue.inputs = {gemm.result};
  if (at.bias) epilogue.steps.push_back(SfuStep::residual_add);
  mine.value = add_tensor(at.name + ".y", output_elements(layer), 16);
  epilogue.outputs = {mine.value};
  if (options_.training) {
    for (const int reader : readers_[static_cast<std::size_t>(layer)]) {
      if (layer_at(reader).kind != LayerKind::batch_norm) continue;
      epilogue.steps.push_back(SfuStep::bn_statistics);
      tensors_of(reader).input = mine.value;
      epilogue.outputs.push_back(add_statistics(reader));
    }
  }
  emit(std::move(epilogue));
  close_stage();
}

TensorId StepBuilder::add_statistics(int layer) {
  const std::int64_t sums = 2 * layer_at(layer).output_shape.c;
  return tensors_of(layer).statistics = add_tensor(layer_at(layer).name + ".statistics", sums, 32);
}

/// Its parameters live in memory; its arithmetic joins the run that follows. A conv or linear layer
/// in front has summed up the statistics; behind anything else they take a pass of their own.
void StepBuilder::forward_batch_norm(int layer) {
  const Layer& at = layer_at(layer);
  LayerTensors& mine = tensors_of(layer);
  const std::int64_t parameters = 2 * at.output_shape.c;
  mine.master = add_tensor(at.name + ".parameters", parameters, 32, true);
  if (!options_.training) return;
  mine.momentum = add_tensor(at.name + ".momentum", parameters, 32, true);
  if (mine.input != kNoTensor) return;
  mine.input = materialise(value_of(at.inputs.front()), at.name + ".x", output_elements(layer));
  emit({{SfuStep::bn_statistics},
        output_elements(layer),
        {mine.input},
        {add_statistics(layer)},
        {}});
}

void StepBuilder::forward_activation(int layer) {
  const Layer& at = layer_at(layer);
  LayerTensors& mine = tensors_of(layer);
  const std::int64_t elements = output_elements(layer);
  Expression run = value_of(at.inputs.front());
  run.steps.push_back(at.kind == LayerKind::pact ? SfuStep::pact_clip : SfuStep::relu);
  SfuWork work{{}, elements, std::move(run.inputs), {}, std::move(run.whole)};
  // The readers' weights first, or their GEMMs could not start before the whole run is done.
  for (const int reader : readers_[static_cast<std::size_t>(layer)]) {
    const LayerKind kind = layer_at(reader).kind;
    if (kind == LayerKind::conv || kind == LayerKind::linear) prepare_weights(reader);
  }
  if (read_as_codes(layer)) {
    if (at.kind != LayerKind::pact) fail(layer, "a 4-bit layer must read a pact layer");
    run.steps.push_back(SfuStep::pact_quantise);
    mine.codes = add_tensor(at.name + ".codes", elements, 4);
    work.outputs.push_back(mine.codes);
  }
  if (read_as_values(layer)) {
    mine.value = add_tensor(at.name + ".y", elements, 16);
    work.outputs.push_back(mine.value);
  }
  if (options_.training) {
    // PACT: below 0, inside, or at alpha; ReLU: inside or not.
    mine.mask = add_tensor(at.name + ".mask", elements, at.kind == LayerKind::pact ? 2 : 1);
    work.outputs.push_back(mine.mask);
  }
  work.steps = std::move(run.steps);
  emit(std::move(work));
}

void StepBuilder::forward_pool(int layer) {
  const Layer& at = layer_at(layer);
  LayerTensors& mine = tensors_of(layer);
  Expression run = value_of(at.inputs.front());
  run.steps.push_back(SfuStep::pool);
  mine.value = add_tensor(at.name + ".y", output_elements(layer), 16);
  SfuWork work{std::move(run.steps),
               options_.batch * at.input_shape.elements(),
               std::move(run.inputs),
               {mine.value},
               std::move(run.whole)};
  if (options_.training && at.kind == LayerKind::max_pool) {
    mine.mask = add_tensor(at.name + ".mask", work.elements, 1);
    work.outputs.push_back(mine.mask);
  }
  emit(std::move(work));
}

}  // namespace nibble
