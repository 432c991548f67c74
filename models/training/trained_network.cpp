#include "models/training/trained_network.h"

#include <cmath>
#include <stdexcept>
#include <utility>

#include "models/training/layer_works.h"
#include "models/training/random_source.h"

namespace nibble {
namespace {

using torch::Tensor;

constexpr std::uint64_t kFirstWeightStream = 100;  // one stream a layer, apart from batches.cpp's

// [N,H,W,C] memory seen as [N,C,H,W], the order libtorch's functions expect, and back.
Tensor channels_second(const Tensor& x) { return x.permute({0, 3, 1, 2}); }
Tensor channels_last(const Tensor& x) { return x.permute({0, 2, 3, 1}); }

float* data(const Tensor& tensor) { return tensor.data_ptr<float>(); }

Tensor parameter(Tensor tensor) { return tensor.set_requires_grad(true); }

/// He's deviation sqrt(2 / fan-in) before a rectifier, sqrt(1 / fan-in) for the linear layer that
/// yields logits.
Tensor random_weights(const Layer& layer, std::uint64_t seed, std::uint64_t stream) {
  const ConvShape conv = conv_shape(layer, 1);
  const double gain = layer.kind == LayerKind::linear ? 1.0 : 2.0;
  const double deviation = std::sqrt(gain / static_cast<double>(conv.r * conv.s * conv.c));
  Tensor weights = torch::empty({conv.k, conv.r, conv.s, conv.c});
  RandomSource random(seed, stream);
  for (std::int64_t i = 0; i < weights.numel(); ++i) {
    data(weights)[i] = static_cast<float>(deviation * random.normal());
  }
  return parameter(weights);
}

}  // namespace

TrainedNetwork::TrainedNetwork(Network network, const TrainingTask& task,
                               TrainingPrecision precision, std::uint64_t seed,
                               const GemmFunction& gemm)
    : network_(std::move(network)), task_(task), precision_(precision) {
  infer_shapes(network_);
  check_values(network_);
  states_.resize(network_.layers.size());
  for (std::size_t i = 0; i < states_.size(); ++i) initialise(i, seed, gemm);
}

void TrainedNetwork::initialise(std::size_t index, std::uint64_t seed, const GemmFunction& gemm) {
  const Layer& layer = network_.layers[index];
  LayerState& state = states_[index];
  const std::int64_t channels = layer.output_shape.c;
  if (layer.kind == LayerKind::conv || layer.kind == LayerKind::linear) {
    state.weight = random_weights(layer, seed, kFirstWeightStream + index);
    if (layer.bias) state.bias = parameter(torch::zeros({layer.filters}));
    GemmArithmetic arithmetic;
    arithmetic.accumulator = task_.accumulator;
    arithmetic.chunk_len =
        layer.precision == LayerPrecision::fp16 ? task_.fp16_chunk_len : task_.chunk_len;
    state.gemm = std::make_unique<GemmLayer>(layer, arithmetic, gemm);
  } else if (layer.kind == LayerKind::batch_norm) {
    state.gamma = parameter(torch::ones({channels}));
    state.beta = parameter(torch::zeros({channels}));
    state.running_mean = torch::zeros({channels});
    state.running_variance = torch::ones({channels});
  } else if (layer.kind == LayerKind::pact && precision_ == TrainingPrecision::nibble4) {
    state.alpha = parameter(torch::full({1}, task_.alpha_initial));
  }
}

Tensor TrainedNetwork::forward(const Tensor& images, Mode mode, OperationSink* sink) {
  Tensors outputs;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    Tensors inputs;
    for (const int input : network_.layers[i].inputs) {
      inputs.push_back(input < 0 ? images : outputs[static_cast<std::size_t>(input)]);
    }
    outputs.push_back(precision_ == TrainingPrecision::nibble4 ? run_nibble4(i, inputs, mode, sink)
                                                               : run_fp32(i, inputs, mode));
  }
  return outputs.back().reshape({images.size(0), network_.classes});
}

float TrainedNetwork::input_alpha(const Layer& layer) const {
  const int input = layer.inputs.front();
  const bool has_alpha = input >= 0 && states_[static_cast<std::size_t>(input)].alpha.defined();
  return has_alpha ? data(states_[static_cast<std::size_t>(input)].alpha)[0] : 0.0F;
}

/// One reader of ours hands down what it rounded itself. Two readers' gradients are added by
/// autograd, max pooling adds those of overlapping windows, and the last layer's come from the
/// loss.
IncomingGradient TrainedNetwork::incoming_gradient(std::size_t index) const {
  std::size_t readers = 0;
  bool pooled = false;
  for (const Layer& layer : network_.layers) {
    for (const int input : layer.inputs) {
      if (input != static_cast<int>(index)) continue;
      ++readers;
      pooled = pooled || layer.kind == LayerKind::max_pool;
    }
  }
  return readers == 1 && !pooled ? IncomingGradient::fp16 : IncomingGradient::binary32;
}

Tensor TrainedNetwork::run_nibble4(std::size_t index, const Tensors& inputs, Mode mode,
                                   OperationSink* sink) {
  const Layer& layer = network_.layers[index];
  LayerState& state = states_[index];
  const Tensor& x = inputs.front();
  const IncomingGradient incoming = incoming_gradient(index);
  switch (layer.kind) {
    case LayerKind::conv:
    case LayerKind::linear:
      return multiply_layer(*state.gemm, x, state.weight, state.bias, input_alpha(layer), sink,
                            incoming);
    case LayerKind::batch_norm: {
      BatchStatistics statistics;
      Tensor z = batch_norm_layer(x, state.gamma, state.beta,
                                  static_cast<float>(task_.norm_epsilon), statistics, incoming);
      if (mode == Mode::training) {
        move_running_statistics(state, statistics, x.numel() / x.size(3));
      }
      return z;
    }
    case LayerKind::pact:
      return pact_layer(x, state.alpha, incoming);
    case LayerKind::add:
      return add_layer(inputs[0], inputs[1], incoming);
    case LayerKind::global_avg_pool:
      return average_pool_layer(x, incoming);
    // These two only select values, so libtorch's own are exact.
    case LayerKind::relu:
      return torch::relu(x);
    case LayerKind::max_pool:
      return channels_last(
                 torch::max_pool2d(channels_second(x), layer.kernel, layer.stride, layer.padding))
          .contiguous();
    default:
      throw std::invalid_argument("layer " + layer.name + ": unknown kind");
  }
}

Tensor TrainedNetwork::run_fp32(std::size_t index, const Tensors& inputs, Mode mode) {
  const Layer& layer = network_.layers[index];
  LayerState& state = states_[index];
  const Tensor& x = inputs.front();
  switch (layer.kind) {
    case LayerKind::conv:
      return channels_last(torch::conv2d(channels_second(x), channels_second(state.weight), {},
                                         layer.stride, layer.padding));
    case LayerKind::linear:
      return torch::linear(x.reshape({x.size(0), -1}), state.weight.reshape({layer.filters, -1}),
                           state.bias)
          .reshape({x.size(0), 1, 1, layer.filters});
    case LayerKind::batch_norm:
      return channels_last(torch::batch_norm(
          channels_second(x), state.gamma, state.beta, state.running_mean, state.running_variance,
          mode != Mode::evaluation, task_.norm_momentum, task_.norm_epsilon, false));
    case LayerKind::pact:
    case LayerKind::relu:
      return torch::relu(x);
    case LayerKind::add:
      return inputs[0] + inputs[1];
    case LayerKind::global_avg_pool:
      return x.mean({1, 2}, true);
    case LayerKind::max_pool:
      return channels_last(
          torch::max_pool2d(channels_second(x), layer.kernel, layer.stride, layer.padding));
    default:
      throw std::invalid_argument("layer " + layer.name + ": unknown kind");
  }
}

/// As libtorch does it: the running variance takes the unbiased one.
void TrainedNetwork::move_running_statistics(LayerState& state, const BatchStatistics& statistics,
                                             std::int64_t count) const {
  const auto momentum = static_cast<float>(task_.norm_momentum);
  const float unbiased = static_cast<float>(count) / static_cast<float>(count - 1);
  for (std::size_t c = 0; c < statistics.mean.size(); ++c) {
    float& mean = data(state.running_mean)[c];
    float& variance = data(state.running_variance)[c];
    mean = (1.0F - momentum) * mean + momentum * statistics.mean[c];
    variance = (1.0F - momentum) * variance + momentum * (statistics.variance[c] * unbiased);
  }
}

std::vector<Tensor> TrainedNetwork::weights() const {
  Tensors result;
  for (const LayerState& state : states_) {
    if (state.weight.defined()) result.push_back(state.weight);
  }
  return result;
}

std::vector<Tensor> TrainedNetwork::norms() const {
  Tensors result;
  for (const LayerState& state : states_) {
    for (const Tensor& tensor : {state.gamma, state.beta, state.bias}) {
      if (tensor.defined()) result.push_back(tensor);
    }
  }
  return result;
}

std::vector<Tensor> TrainedNetwork::alphas() const {
  Tensors result;
  for (const LayerState& state : states_) {
    if (state.alpha.defined()) result.push_back(state.alpha);
  }
  return result;
}

void TrainedNetwork::finish_step() {
  const torch::NoGradGuard guard;
  for (LayerState& state : states_) {
    if (state.gemm) state.gemm->update_grad_scale();
    if (state.alpha.defined()) state.alpha.clamp_min_(task_.alpha_floor);
  }
}

NetworkWeights TrainedNetwork::export_weights() const {
  NetworkWeights result;
  result.network = network_.name;
  result.dataset = task_.dataset;
  result.chunk_len = task_.chunk_len;
  result.fp16_chunk_len = task_.fp16_chunk_len;
  result.accumulator = task_.accumulator;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const LayerState& state = states_[i];
    if (state.gemm) {
      const float* bias = state.bias.defined() ? data(state.bias) : nullptr;
      result.layers.push_back(state.gemm->export_weights(data(state.weight), bias));
      continue;
    }
    LayerWeights entry;
    entry.name = network_.layers[i].name;
    if (state.gamma.defined()) {
      FoldedNorm folded =
          fold_batch_norm(data(state.gamma), data(state.beta), data(state.running_mean),
                          data(state.running_variance), state.gamma.numel(),
                          static_cast<float>(task_.norm_epsilon));
      entry.scale = std::move(folded.scale);
      entry.shift = std::move(folded.shift);
    } else if (state.alpha.defined()) {
      entry.alpha = data(state.alpha)[0];
    } else {
      continue;
    }
    result.layers.push_back(std::move(entry));
  }
  return result;
}

std::map<std::string, int> TrainedNetwork::grad_scales() const {
  std::map<std::string, int> result;
  for (const LayerState& state : states_) {
    if (state.gemm && state.gemm->grad_scale()) {
      result[state.gemm->layer().name] = *state.gemm->grad_scale();
    }
  }
  return result;
}

std::map<std::string, float> TrainedNetwork::alpha_values() const {
  std::map<std::string, float> result;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (states_[i].alpha.defined()) result[network_.layers[i].name] = data(states_[i].alpha)[0];
  }
  return result;
}

}  // namespace nibble
