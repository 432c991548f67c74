// Batch norm and layer norm. Their statistics need x in memory, as does the backward pass; what
// normalises joins the run that follows.
#include "sim/workload/step_builder.h"

namespace nibble {

TensorId StepBuilder::add_statistics(int layer) {
  const std::string name = layer_at(layer).name + ".statistics";
  const FeatureShape& shape = graph_.shape(layer);
  const bool a_channel = layer_at(layer).kind == LayerKind::batch_norm;
  return tensors_of(layer).statistics = a_channel
                                            ? add_tensor({name, 2 * shape.c, 32, false, 0, true})
                                            : add_map(name, {shape.h, shape.w, 2}, 32);
}

/// A GEMM in front has summed up the statistics; behind anything else they take a pass of their
/// own, which also puts x into memory.
void StepBuilder::forward_norm(int layer) {
  LayerTensors& mine = tensors_of(layer);
  mine.weights = {add_parameters(layer_at(layer).name, 2 * graph_.shape(layer).c)};
  if (!options_.training || !mine.input.empty()) return;
  const int source = source_of(layer);
  Expression run = unkept_value_of(source);
  SfuWork work{{}, elements_of(layer), run.inputs, {}, std::move(run.whole)};
  mine.input = std::move(run.inputs);
  if (!run.in_memory()) {
    tensors_of(source).value = add_map(name_of(source) + ".y", graph_.shape(source), 16);
    mine.input = {tensors_of(source).value};
    work.outputs = mine.input;
  }
  run.steps.push_back(layer_at(layer).kind == LayerKind::batch_norm ? SfuStep::bn_statistics
                                                                    : SfuStep::norm_statistics);
  work.steps = std::move(run.steps);
  work.outputs.emplace_back(add_statistics(layer));
  emit(std::move(work));
}

Expression StepBuilder::normalised(int layer) {
  const LayerTensors& mine = tensors_of(layer);
  const bool batch = layer_at(layer).kind == LayerKind::batch_norm;
  Expression run = mine.input.empty() ? value_of(source_of(layer)) : Expression{{}, mine.input, {}};
  // An inference normalises a batch with kept statistics, a layer with those of the position.
  if (!batch && !options_.training) run.steps.push_back(SfuStep::norm_statistics);
  run.steps.push_back(batch ? SfuStep::bn_normalise : SfuStep::norm_normalise);
  for (const TensorSlice& part : mine.weights.front().master) run.whole.push_back(part.tensor);
  if (mine.statistics == kNoTensor) return run;
  if (batch) {
    run.whole.push_back(mine.statistics);
  } else {
    run.inputs.emplace_back(mine.statistics);
  }
  return run;
}

void StepBuilder::backward_batch_norm(int layer) {
  const LayerTensors& mine = tensors_of(layer);
  const std::string& name = layer_at(layer).name;

  // First pass: the sums. It also writes dz, unless dz is in memory already.
  Expression run = gradient_of(layer);
  std::vector<TensorSlice> dz = run.inputs;
  const TensorId sums = add_tensor({name + ".sums", 2 * graph_.shape(layer).c, 32, false, 0, true});
  std::vector<TensorSlice> outputs{sums};
  if (!run.in_memory()) {
    dz = {add_map(name + ".dz", graph_.shape(layer), 16)};
    outputs.push_back(dz.front());
  }
  run.steps.push_back(SfuStep::bn_reduce);
  run.inputs.insert(run.inputs.end(), mine.input.begin(), mine.input.end());
  emit(SfuWork{std::move(run.steps), elements_of(layer), std::move(run.inputs), std::move(outputs),
               std::move(run.whole)});
  update(mine.weights.front(), {sums});

  // Second pass: dy, which joins whatever the convolution does with it.
  dz.insert(dz.end(), mine.input.begin(), mine.input.end());
  add_gradient(source_of(layer), {{SfuStep::bn_backward}, std::move(dz), {sums, mine.statistics}});
}

/// One pass: the sums over a position's channels that dx needs are at hand when they are due.
void StepBuilder::backward_layer_norm(int layer) {
  const LayerTensors& mine = tensors_of(layer);
  const std::string& name = layer_at(layer).name;
  const int source = source_of(layer);
  Expression run = gradient_of(layer);
  run.steps.push_back(SfuStep::norm_backward);
  run.inputs.insert(run.inputs.end(), mine.input.begin(), mine.input.end());
  run.inputs.emplace_back(mine.statistics);
  for (const TensorSlice& part : mine.weights.front().master) run.whole.push_back(part.tensor);
  const TensorId sums = add_tensor({name + ".sums", 2 * graph_.shape(layer).c, 32, false, 0, true});
  std::vector<TensorSlice> outputs{sums};
  if (source >= 0) {
    outputs.emplace_back(add_map(name + ".gradient", graph_.shape(layer), 16));
    add_gradient(source, {{}, {outputs.back()}, {}});
  }
  emit(SfuWork{std::move(run.steps), elements_of(layer), std::move(run.inputs), std::move(outputs),
               std::move(run.whole)});
  update(mine.weights.front(), {sums});
}

}  // namespace nibble
