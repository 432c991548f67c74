// Forward half of layers without weights: what joins a run, what ends one, what is kept.
#include <algorithm>

#include "sim/workload/step_builder.h"

namespace nibble {

void StepBuilder::forward(int layer) {
  switch (layer_at(layer).kind) {
    case LayerKind::conv:
    case LayerKind::linear:
    case LayerKind::matmul:
      return forward_gemm(layer);
    case LayerKind::lstm:
      return forward_lstm(layer);
    case LayerKind::pact:
    case LayerKind::pact_signed:
    case LayerKind::relu:
      return forward_activation(layer);
    case LayerKind::max_pool:
    case LayerKind::avg_pool:
    case LayerKind::global_avg_pool:
      return forward_pool(layer);
    case LayerKind::batch_norm:
    case LayerKind::layer_norm:
      return forward_norm(layer);
    case LayerKind::embedding:
      return forward_embedding(layer);
    case LayerKind::position_embedding:
      return forward_position_embedding(layer);
    case LayerKind::traffic:
      return forward_traffic(layer);
    case LayerKind::gelu:
      // Its derivative is one of x.
      if (options_.training) tensors_of(layer).input = parts_in_memory(source_of(layer));
      return;
    case LayerKind::multiply:
      if (!options_.training) return;
      tensors_of(layer).input = parts_in_memory(source_of(layer));
      tensors_of(layer).second = parts_in_memory(graph_.inputs(layer).at(1));
      return;
    case LayerKind::softmax:
      // The backward pass needs the probabilities. A sole activation behind keeps them.
      if (options_.training && !kept_by_reader(layer)) (void)value_in_memory(layer);
      return;
    case LayerKind::add:
    case LayerKind::concat:
    case LayerKind::select_token:
    case LayerKind::reshape:
      return;  // part of the run that reads it
  }
}

Expression StepBuilder::value_of(int layer) {
  if (tensors_of(layer).value == kNoTensor && worth_keeping(layer)) {
    const TensorId value = materialise(evaluate(layer), name_of(layer) + ".y", graph_.shape(layer));
    tensors_of(layer).value = value;
  }
  return unkept_value_of(layer);
}

bool StepBuilder::kept_by_reader(int softmax) const {
  const std::vector<int>& readers = graph_.readers(softmax);
  if (readers.size() != 1) return false;
  const LayerKind kind = layer_at(readers.front()).kind;
  return kind == LayerKind::pact || kind == LayerKind::pact_signed || kind == LayerKind::relu;
}

Expression StepBuilder::unkept_value_of(int layer) {
  const TensorId value = tensors_of(layer).value;
  return value != kNoTensor ? Expression{{}, {value}, {}} : evaluate(layer);
}

/// Normalising again is cheap; a chain of additions would be walked again by each reader.
bool StepBuilder::worth_keeping(int layer) const {
  if (layer < 0 || graph_.readers(layer).size() < 2) return false;
  switch (layer_at(layer).kind) {
    case LayerKind::add:
    case LayerKind::multiply:
    case LayerKind::gelu:
    case LayerKind::softmax:
    case LayerKind::position_embedding:
      return true;
    case LayerKind::layer_norm:
      return !options_.training;
    default:
      return false;
  }
}

Expression StepBuilder::evaluate(int layer) {
  const std::vector<int>& inputs = graph_.inputs(layer);
  Expression run;
  switch (layer_at(layer).kind) {
    case LayerKind::batch_norm:
    case LayerKind::layer_norm:
      return normalised(layer);
    case LayerKind::concat:
      return concatenated(layer);
    case LayerKind::add:
    case LayerKind::multiply: {
      const Expression first = value_of(inputs.at(0));
      run = joined(first, value_of(inputs.at(1)));
      run.steps.push_back(layer_at(layer).kind == LayerKind::add ? SfuStep::residual_add
                                                                 : SfuStep::multiply);
      return run;
    }
    case LayerKind::gelu:
    case LayerKind::softmax:
      run = value_of(inputs.front());
      run.steps.push_back(layer_at(layer).kind == LayerKind::gelu ? SfuStep::function
                                                                  : SfuStep::softmax);
      return run;
    case LayerKind::position_embedding: {
      run = value_of(inputs.front());
      const std::vector<TensorSlice>& table = tensors_of(layer).input;
      run.inputs.insert(run.inputs.end(), table.begin(), table.end());
      run.steps.push_back(SfuStep::residual_add);
      return run;
    }
    case LayerKind::select_token: {
      // A slice has the bytes of the first positions; that those of a batch do not lie side by
      // side is ignored.
      const TensorSlice all = value_in_memory(inputs.front());
      const FeatureShape& in = graph_.shape(inputs.front());
      return {{}, {{all.tensor, 0, all.parts * in.h * in.w}}, {}};
    }
    default:
      fail(layer, "its fp16 output is needed but was not kept");
  }
}

/// Branches lie one after the other. Steps that end every branch alike, such as a batch norm's, run
/// once over all of them; a branch with other steps is put into memory first.
Expression StepBuilder::concatenated(int layer) {
  const std::vector<int>& inputs = graph_.inputs(layer);
  Expression all;
  std::vector<Expression> branches;
  branches.reserve(inputs.size());
  for (const int input : inputs) branches.push_back(value_of(input));
  const bool alike = std::all_of(branches.begin(), branches.end(), [&](const Expression& branch) {
    return branch.steps == branches.front().steps;
  });
  for (std::size_t i = 0; i < branches.size(); ++i) {
    const Expression branch = alike ? branches[i] : Expression{{}, parts_in_memory(inputs[i]), {}};
    all.inputs.insert(all.inputs.end(), branch.inputs.begin(), branch.inputs.end());
    all.whole.insert(all.whole.end(), branch.whole.begin(), branch.whole.end());
  }
  if (alike) all.steps = branches.front().steps;
  return all;
}

std::vector<TensorSlice> StepBuilder::parts_in_memory(int layer) {
  const Expression value = value_of(layer);
  return value.in_memory() ? value.inputs : std::vector<TensorSlice>{value_in_memory(layer)};
}

TensorSlice StepBuilder::value_in_memory(int layer) {
  Expression value = value_of(layer);
  if (value.in_memory() && value.inputs.size() == 1) return value.inputs.front();
  const TensorId tensor = materialise(std::move(value), name_of(layer) + ".y", graph_.shape(layer));
  tensors_of(layer).value = tensor;
  return tensor;
}

void StepBuilder::forward_activation(int layer) {
  const LayerKind kind = layer_at(layer).kind;
  const int source = source_of(layer);
  LayerTensors& mine = tensors_of(layer);
  Expression run = value_of(source);
  run.steps.push_back(kind == LayerKind::relu ? SfuStep::relu : SfuStep::pact_clip);
  SfuWork work{{}, elements_of(layer), std::move(run.inputs), {}, std::move(run.whole)};
  // The readers' weights first, or their GEMMs could not start before the whole run is done.
  for (const int reader : graph_.readers(layer)) prepare_weights(reader);
  const FeatureShape& shape = graph_.shape(layer);
  const std::string& name = layer_at(layer).name;
  const auto write = [&](TensorId& tensor, const char* suffix, int bits) {
    tensor = add_map(name + suffix, shape, bits);
    work.outputs.emplace_back(tensor);
  };
  if (options_.training && source >= 0 && layer_at(source).kind == LayerKind::softmax &&
      kept_by_reader(source)) {
    tensors_of(source).value = add_map(name_of(source) + ".y", graph_.shape(source), 16);
    work.outputs.emplace_back(tensors_of(source).value);
  }
  if (graph_.read_as(layer, TilePrecision::nibble4)) {
    if (kind == LayerKind::relu) fail(layer, "a 4-bit layer must read a pact layer");
    run.steps.push_back(kind == LayerKind::pact ? SfuStep::pact_quantise : SfuStep::s4_quantise);
    write(mine.codes, ".codes", 4);
  }
  if (graph_.read_as(layer, TilePrecision::fp8)) {
    run.steps.push_back(SfuStep::fp8_quantise);
    write(mine.fp8, ".fp8", 8);
  }
  if (graph_.read_as(layer, TilePrecision::fp16)) write(mine.value, ".y", 16);
  // PACT: below 0, inside, or at alpha; the others: inside or not.
  if (options_.training) write(mine.mask, ".mask", kind == LayerKind::pact ? 2 : 1);
  work.steps = std::move(run.steps);
  emit(std::move(work));
}

/// Of a pooling window, either way; pixels that no window covers are walked too.
std::int64_t StepBuilder::pooled_elements(int layer) const {
  const Layer& at = layer_at(layer);
  const std::int64_t windows = elements_of(layer) * at.kernel * at.kernel;
  return std::max(elements_of(source_of(layer)), windows);
}

/// Windows overlap, so what they read is in memory; only a global pool's input is read once.
void StepBuilder::forward_pool(int layer) {
  const Layer& at = layer_at(layer);
  const int source = source_of(layer);
  LayerTensors& mine = tensors_of(layer);
  Expression run = at.kind == LayerKind::global_avg_pool
                       ? value_of(source)
                       : Expression{{}, parts_in_memory(source), {}};
  run.steps.push_back(SfuStep::pool);
  mine.value = add_map(at.name + ".y", graph_.shape(layer), 16);
  SfuWork work{std::move(run.steps),
               pooled_elements(layer),
               std::move(run.inputs),
               {mine.value},
               std::move(run.whole)};
  if (options_.training && at.kind == LayerKind::max_pool) {
    mine.mask = add_map(at.name + ".mask", graph_.shape(source), 1);
    work.outputs.emplace_back(mine.mask);
  }
  emit(std::move(work));
}

/// Bytes in, bytes out: what it computes is not known.
void StepBuilder::forward_traffic(int layer) {
  Expression run;
  std::int64_t elements = elements_of(layer);
  for (const int input : graph_.inputs(layer)) {
    run = joined(std::move(run), value_of(input));
    elements = std::max(elements, elements_of(input));
  }
  run.steps.push_back(SfuStep::cast);
  tensors_of(layer).value = add_map(layer_at(layer).name + ".y", graph_.shape(layer), 16);
  emit(SfuWork{std::move(run.steps),
               elements,
               std::move(run.inputs),
               {tensors_of(layer).value},
               std::move(run.whole)});
}

}  // namespace nibble
