#include "models/training/trained_network.h"

#include <algorithm>
#include <cmath>

#include "models/training/layer_tensor.h"

namespace nibble {
namespace {

torch::Tensor shared_memory(std::vector<float>& values, const std::vector<std::int64_t>& shape) {
  return torch::from_blob(values.data(), shape);
}

}  // namespace

TrainedNetwork::TrainedNetwork(Network network, const TrainingTask& task, std::uint64_t seed,
                               const GemmFunction& gemm)
    : network_(std::move(network)), task_(task), seed_(seed) {
  infer_shapes(network_);
  check_values(network_);
  list_ = build_layers(network_, task_, seed, gemm);
  for (const auto& layer : list_.layers) {
    for (TrainedParameter* parameter : layer->parameters()) {
      const torch::Tensor tensor =
          shared_memory(parameter->value, parameter->shape).set_requires_grad(true);
      tensor.mutable_grad() = shared_memory(parameter->gradient, parameter->shape);
      parameters_.emplace_back(parameter, tensor);
    }
  }
}

BatchOutcome TrainedNetwork::run(const Batch& batch) {
  const BatchOutcome outcome =
      pass(batch, static_cast<std::int64_t>(batch.labels.size()), nullptr, false);
  const float unscale = std::ldexp(1.0F, -task_.loss_scale_log2);
  for (const auto& [parameter, tensor] : parameters_) {
    for (float& gradient : parameter->gradient) gradient *= unscale;
  }
  return outcome;
}

void TrainedNetwork::capture(const Batch& part, std::int64_t whole_batch, OperationSink& sink) {
  pass(part, whole_batch, &sink, true);
}

BatchOutcome TrainedNetwork::pass(const Batch& batch, std::int64_t whole_batch, OperationSink* sink,
                                  bool leaves_no_mark) {
  const TrainingPass how{static_cast<std::int64_t>(batch.labels.size()), sink, seed_, batch.step,
                         leaves_no_mark};
  for (const auto& tensor : list_.tensors) tensor->begin(how.samples);
  std::copy(batch.images.begin(), batch.images.end(), list_.images().values.begin());
  for (const auto& layer : list_.layers) layer->forward(how);

  LayerTensor& last = list_.logits();
  logits_ = torch::empty({how.samples, network_.classes});
  fp16_to_floats(last.values.data(), last.elements(), logits_.data_ptr<float>());
  logits_.set_requires_grad(true);
  const BatchOutcome outcome = cross_entropy_backward(
      logits_, batch.labels, std::ldexp(1.0, task_.loss_scale_log2), whole_batch);
  fp16_from_floats(logits_.grad().data_ptr<float>(), last.elements(), last.new_gradient());
  last.added_gradient();
  std::for_each(list_.layers.rbegin(), list_.layers.rend(),
                [&](const auto& layer) { layer->backward(how); });
  return outcome;
}

NetworkParameters TrainedNetwork::parameters() const {
  NetworkParameters result;
  for (const auto& [parameter, tensor] : parameters_) {
    switch (parameter->kind) {
      case ParameterKind::weight:
        result.weights.push_back(tensor);
        break;
      case ParameterKind::norm:
        result.norms.push_back(tensor);
        break;
      case ParameterKind::alpha:
        result.alphas.push_back(tensor);
        break;
    }
  }
  return result;
}

void TrainedNetwork::finish_step() {
  for (const auto& layer : list_.layers) layer->finish_step();
}

NetworkWeights TrainedNetwork::export_weights() const {
  NetworkWeights result;
  result.network = network_.name;
  result.dataset = task_.dataset;
  result.chunk_len = task_.chunk_len;
  result.fp16_chunk_len = task_.fp16_chunk_len;
  result.accumulator = task_.accumulator;
  std::map<int, LayerWeights> entries;
  for (const auto& layer : list_.layers) layer->export_weights(entries);
  for (auto& [index, entry] : entries) result.layers.push_back(std::move(entry));
  return result;
}

std::map<std::string, int> TrainedNetwork::grad_scales() const {
  std::map<std::string, int> result;
  for (const auto& layer : list_.layers) {
    if (const std::optional<int> scale = layer->grad_scale()) result[layer->name()] = *scale;
  }
  return result;
}

std::map<std::string, float> TrainedNetwork::alpha_values() const {
  std::map<std::string, float> result;
  for (const auto& [parameter, tensor] : parameters_) {
    if (parameter->kind != ParameterKind::alpha) continue;
    result[parameter->name.substr(0, parameter->name.rfind('.'))] = parameter->value.front();
  }
  return result;
}

}  // namespace nibble
