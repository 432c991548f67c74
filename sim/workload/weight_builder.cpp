// Weights: master copies, what the GEMMs multiply, and the optimizer step.
#include "sim/command/tile_geometry.h"
#include "sim/workload/step_builder.h"

namespace nibble {

int StepBuilder::owner_of(int layer) const {
  const std::optional<int> owner = graph_.owner(layer);
  if (!owner) fail(layer, "is tied, but no earlier layer has weights of that size");
  return *owner;
}

void StepBuilder::prepare_weights(int layer) {
  const Layer& at = layer_at(layer);
  LayerTensors& mine = tensors_of(layer);
  if (!mine.weights.empty() || !multiplies(at) || at.kind == LayerKind::matmul) return;
  const TilePrecision precision = graph_.precision(layer, GemmPass::forward);
  if (at.kind == LayerKind::lstm) return prepare_lstm_weights(layer, precision);
  mine.weights = {at.tied ? tied_weights(layer)
                          : add_weights(at.name, weight_elements(at), precision)};
}

/// Of norms: no GEMM multiplies them.
Weights StepBuilder::add_parameters(const std::string& name, std::int64_t elements) {
  Weights weights;
  weights.elements = elements;
  weights.master = {add_tensor({name + ".parameters", elements, 32, true})};
  if (options_.training) weights.momentum = {add_tensor({name + ".momentum", elements, 32, true})};
  return weights;
}

Weights StepBuilder::add_weights(const std::string& name, std::int64_t elements,
                                 TilePrecision precision) {
  Weights weights;
  weights.elements = elements;
  if (options_.training) {
    weights.master = {add_tensor({name + ".master", elements, 32, true})};
    weights.momentum = {add_tensor({name + ".momentum", elements, 32, true})};
  }
  make_operand(name, precision, weights, false);
  return weights;
}

/// An inference finds its weights quantised.
void StepBuilder::make_operand(const std::string& name, TilePrecision precision, Weights& weights,
                               bool tied) {
  const bool training = options_.training;
  weights.operand = add_tensor({name + ".w", weights.elements, operand_bits(precision), !training});
  if (!training) return;
  const auto pass = [&](SfuStep step, TensorId output, std::vector<TensorId> whole) {
    emit(SfuWork{{step}, weights.elements, weights.master, {output}, std::move(whole)});
  };
  switch (precision) {
    case TilePrecision::nibble4: {
      // SAWB needs E[w^2] and E|w| of the whole tensor before the first code. The update that wrote
      // the tensor has summed them; whoever quantises another's weights sums them first.
      const bool own = !weights.momentum.empty() && weights.master.size() == 1 && !tied;
      if (own) {
        weights.sawb = add_tensor({name + ".sawb", 2, 32, true});
        return pass(SfuStep::sawb_quantise, weights.operand, {weights.sawb});
      }
      const TensorId statistics = add_tensor({name + ".sawb", 2, 32, false, 0, true});
      pass(SfuStep::sawb_statistics, statistics, {});
      return pass(SfuStep::sawb_quantise, weights.operand, {statistics});
    }
    case TilePrecision::fp8:
      return pass(SfuStep::fp8_quantise, weights.operand, {});
    case TilePrecision::fp16:
      return pass(SfuStep::cast, weights.operand, {});
  }
}

/// The owner's master copy, and what this layer multiplies: the owner's operand if that has the
/// same format.
Weights StepBuilder::tied_weights(int layer) {
  const int owner = owner_of(layer);
  const TilePrecision precision = graph_.precision(layer, GemmPass::forward);
  const bool table = layer_at(owner).kind == LayerKind::embedding;
  if (table) {
    prepare_table(owner);
  } else {
    prepare_weights(owner);
  }
  Weights all;
  for (const Weights& part : tensors_of(owner).weights) {
    all.elements += part.elements;
    all.master.insert(all.master.end(), part.master.begin(), part.master.end());
  }
  if (!table && graph_.precision(owner, GemmPass::forward) == precision) {
    all.operand = tensors_of(owner).weights.front().operand;
  } else {
    make_operand(layer_at(layer).name, precision, all, true);
  }
  return all;
}

void StepBuilder::run_pending_update() {
  if (!pending_update_) return;
  const PendingUpdate pending = *std::move(pending_update_);
  pending_update_.reset();
  LayerTensors& mine = tensors_of(pending.layer);
  std::vector<TensorSlice> made;
  open_gemm_stage(pending.layer, Pass::wgrad);
  for (const GemmWork& wgrad : pending.wgrads) {
    emit(wgrad);
    made.push_back(wgrad.result);
  }
  if (layer_at(pending.layer).tied) {
    LayerTensors& owner = tensors_of(owner_of(pending.layer));
    owner.tied_gradients.insert(owner.tied_gradients.end(), made.begin(), made.end());
    close_stage();
    return;
  }
  open_stage(pending.layer, Pass::update);
  for (std::size_t i = 0; i < made.size(); ++i) {
    std::vector<TensorSlice> gradients{made[i]};
    gradients.insert(gradients.end(), mine.tied_gradients.begin(), mine.tied_gradients.end());
    update(mine.weights.at(i), std::move(gradients));
  }
  close_stage();
}

/// Momentum, weight decay, master weight, in one pass over all three; and what the next step's
/// quantiser must know of the whole tensor.
void StepBuilder::update(const Weights& weights, std::vector<TensorSlice> gradients) {
  SfuWork work;
  work.steps = {SfuStep::scale};
  work.steps.insert(work.steps.end(), gradients.size() - 1, SfuStep::residual_add);
  work.steps.push_back(SfuStep::sgd_update);
  work.elements = weights.elements;
  work.outputs = weights.master;
  work.outputs.insert(work.outputs.end(), weights.momentum.begin(), weights.momentum.end());
  work.inputs = std::move(gradients);
  work.inputs.insert(work.inputs.end(), work.outputs.begin(), work.outputs.end());
  if (weights.sawb == kNoTensor) {
    emit(std::move(work));
    return;
  }
  const std::string name = workload_.tensors[static_cast<std::size_t>(weights.sawb)].name;
  const TensorId sums = add_tensor({name + ".sums", 2, 32, false, 0, true});
  work.steps.push_back(SfuStep::sawb_statistics);
  work.outputs.emplace_back(sums);
  emit(std::move(work));
  emit(SfuWork{{SfuStep::scale}, 2, {}, {weights.sawb}, {sums}});
}

}  // namespace nibble
