#include "models/training/fp32_network.h"

#include <utility>

#include "models/layers/layer_fault.h"
#include "models/layers/network_weights.h"
#include "models/training/layer_list.h"

namespace nibble {
namespace {

using torch::Tensor;

Tensor parameter(const Tensor& tensor) { return tensor.set_requires_grad(true); }

}  // namespace

Fp32Network::Fp32Network(Network network, const TrainingTask& task, std::uint64_t seed,
                         Layout layout)
    : network_(std::move(network)),
      task_(task),
      format_(layout == Layout::channels_last ? torch::MemoryFormat::ChannelsLast
                                              : torch::MemoryFormat::Contiguous) {
  infer_shapes(network_);
  check_values(network_);
  states_.resize(network_.layers.size());
  for (std::size_t i = 0; i < states_.size(); ++i) initialise(i, seed);
}

void Fp32Network::initialise(std::size_t index, std::uint64_t seed) {
  const Layer& layer = network_.layers[index];
  LayerState& state = states_[index];
  const std::int64_t channels = layer.output_shape.c;
  if (layer.kind == LayerKind::conv || layer.kind == LayerKind::linear) {
    const ConvShape conv = conv_shape(layer, 1);
    std::vector<float> weights = initial_weights(layer, index, seed);
    // Ours are [K,R,S,C].
    const Tensor ours = torch::from_blob(weights.data(), {conv.k, conv.r, conv.s, conv.c});
    state.weight = parameter(ours.permute({0, 3, 1, 2}).clone(format_));
    if (layer.bias) state.bias = parameter(torch::zeros({layer.filters}));
  } else if (layer.kind == LayerKind::batch_norm) {
    state.gamma = parameter(torch::ones({channels}));
    state.beta = parameter(torch::zeros({channels}));
    state.running_mean = torch::zeros({channels});
    state.running_variance = torch::ones({channels});
  }
}

Tensor Fp32Network::run_layer(std::size_t index, const std::vector<Tensor>& inputs, bool training) {
  const Layer& layer = network_.layers[index];
  LayerState& state = states_[index];
  const Tensor& x = inputs.front();
  switch (layer.kind) {
    case LayerKind::conv:
      return torch::conv2d(x, state.weight, {}, layer.stride, layer.padding);
    case LayerKind::linear:
      // A sample is one vector in the order [H,W,C], which is also that of the weights.
      return torch::linear(x.permute({0, 2, 3, 1}).reshape({x.size(0), -1}),
                           state.weight.permute({0, 2, 3, 1}).reshape({layer.filters, -1}),
                           state.bias)
          .reshape({x.size(0), layer.filters, 1, 1});
    case LayerKind::batch_norm:
      return torch::batch_norm(x, state.gamma, state.beta, state.running_mean,
                               state.running_variance, training, task_.norm_momentum,
                               task_.norm_epsilon, false);
    case LayerKind::pact:
    case LayerKind::relu:
      return torch::relu(x);
    case LayerKind::add:
      return inputs[0] + inputs[1];
    case LayerKind::global_avg_pool:
      return x.mean({2, 3}, true);
    case LayerKind::max_pool:
      return torch::max_pool2d(x, layer.kernel, layer.stride, layer.padding);
    default:
      refuse_layer(layer.name, "unknown kind");
  }
}

Tensor Fp32Network::forward(const Batch& batch, bool training) {
  const auto samples = static_cast<std::int64_t>(batch.labels.size());
  const FeatureShape& in = network_.input;
  const Tensor values = torch::empty({samples, in.h, in.w, in.c});
  fp16_to_floats(batch.images.data(), batch.images.size(), values.data_ptr<float>());
  const Tensor images = values.permute({0, 3, 1, 2}).contiguous(format_);
  std::vector<Tensor> outputs;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    std::vector<Tensor> inputs;
    for (const int input : network_.layers[i].inputs) {
      inputs.push_back(input < 0 ? images : outputs[static_cast<std::size_t>(input)]);
    }
    outputs.push_back(run_layer(i, inputs, training));
  }
  return outputs.back().reshape({samples, network_.classes});
}

BatchOutcome Fp32Network::run(const Batch& batch) {
  const NetworkParameters all = parameters();
  for (const auto& group : {all.weights, all.norms}) {
    for (const Tensor& tensor : group) tensor.mutable_grad() = Tensor();
  }
  logits_ = forward(batch, true);
  return cross_entropy_backward(logits_, batch.labels, 1.0,
                                static_cast<std::int64_t>(batch.labels.size()));
}

std::vector<int> Fp32Network::classify(const Batch& batch) {
  const torch::NoGradGuard guard;
  const Tensor best = forward(batch, false).argmax(1).contiguous();
  const auto* classes = best.data_ptr<std::int64_t>();
  return {classes, classes + best.numel()};
}

NetworkParameters Fp32Network::parameters() const {
  NetworkParameters result;
  for (const LayerState& state : states_) {
    if (state.weight.defined()) result.weights.push_back(state.weight);
    for (const Tensor& tensor : {state.gamma, state.beta, state.bias}) {
      if (tensor.defined()) result.norms.push_back(tensor);
    }
  }
  return result;
}

}  // namespace nibble
