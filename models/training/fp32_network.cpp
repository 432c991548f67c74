#include "models/training/fp32_network.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "models/layers/layer_fault.h"
#include "models/layers/network_weights.h"
#include "models/layers/sequence_elementwise_norm.h"
#include "models/training/dropout_layer.h"
#include "models/training/fp32_sequence.h"
#include "models/training/initial_weights.h"

namespace nibble {
namespace {

using torch::Tensor;

Tensor parameter(const Tensor& tensor) { return tensor.set_requires_grad(true); }

struct Judged {
  Tensor mean;  // cross entropy of a label
  BatchOutcome outcome;
};

/// Of equal logits the first one is the answer; libtorch's argmax does not say which it takes.
std::int64_t count_answers(const Tensor& logits, const Batch& batch) {
  const auto* row = logits.data_ptr<float>();
  std::int64_t correct = 0;
  for (const std::int32_t label : batch.labels) {
    correct += std::max_element(row, row + logits.size(1)) - row == label ? 1 : 0;
    row += logits.size(1);
  }
  return correct;
}

Judged judge_logits(const Tensor& logits, const Batch& batch) {
  const Tensor wanted =
      torch::empty({static_cast<std::int64_t>(batch.labels.size())}, torch::kInt64);
  std::copy(batch.labels.begin(), batch.labels.end(), wanted.data_ptr<std::int64_t>());
  const Tensor mean = torch::nn::functional::cross_entropy(logits, wanted);
  return {mean, {mean.item<double>(), count_answers(logits.detach().contiguous(), batch)}};
}

/// Brings a parameter's gradient into the parameter's own order in memory.
void same_order(const Tensor& tensor) {
  const Tensor& gradient = tensor.grad();
  if (gradient.strides() == tensor.strides()) return;
  tensor.mutable_grad() = torch::empty_like(tensor.detach()).copy_(gradient);
}

}  // namespace

Fp32Network::Fp32Network(Network network, const TrainingTask& task, std::uint64_t seed,
                         Layout layout)
    : network_(std::move(network)),
      task_(task),
      seed_(seed),
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
  std::vector<float> weights = initial_weights(layer, index, seed);
  switch (layer.kind) {
    case LayerKind::conv:
    case LayerKind::linear: {
      const ConvShape conv = conv_shape(layer, 1);
      // Ours are [K,R,S,C].
      const Tensor ours =
          torch::from_blob(weights.data(), {conv.k, conv.r, conv.s, conv.c / conv.groups});
      state.weight = parameter(ours.permute({0, 3, 1, 2}).clone(format_));
      if (layer.bias) state.bias = parameter(torch::zeros({layer.filters}));
      break;
    }
    case LayerKind::lstm: {
      const std::int64_t gates = 4 * layer.filters, in = layer.input_shape.c;
      state.weight = parameter(torch::from_blob(weights.data(), {gates, in}).clone());
      state.hidden_weight =
          parameter(torch::from_blob(weights.data() + gates * in, {gates, layer.filters}).clone());
      state.bias = parameter(torch::tensor(initial_lstm_bias(layer)));
      break;
    }
    case LayerKind::embedding:
    case LayerKind::position_embedding:
      state.weight =
          parameter(torch::from_blob(weights.data(), {layer.table_rows, channels}).clone());
      break;
    case LayerKind::batch_norm:
      state.running_mean = torch::zeros({channels});
      state.running_variance = torch::ones({channels});
      [[fallthrough]];
    case LayerKind::layer_norm:
      state.gamma = parameter(torch::ones({channels}));
      state.beta = parameter(torch::zeros({channels}));
      break;
    default:
      break;
  }
}

Tensor Fp32Network::run_sequence_layer(const Layer& layer, const LayerState& state,
                                       const std::vector<Tensor>& inputs) const {
  const auto positions_last = [](const Tensor& x) { return x.permute({0, 2, 3, 1}); };
  const Tensor x = positions_last(inputs.front());
  Tensor y;
  switch (layer.kind) {
    case LayerKind::layer_norm:
      y = torch::layer_norm(x, {x.size(3)}, state.gamma, state.beta,
                            static_cast<double>(kLayerNormEpsilon));
      break;
    case LayerKind::softmax:
      y = fp32_softmax(layer, x);
      break;
    case LayerKind::matmul:
      y = fp32_matmul(layer, x, positions_last(inputs[1]));
      break;
    case LayerKind::lstm:
      y = fp32_lstm(x, state.weight, state.hidden_weight, state.bias);
      break;
    case LayerKind::embedding:
      y = torch::embedding(state.weight, x.squeeze(3));
      break;
    case LayerKind::position_embedding:
      y = x + state.weight.slice(0, 0, x.size(1)).unsqueeze(1);
      break;
    case LayerKind::linear:
      y = torch::linear(x, state.weight.flatten(1), state.bias);
      break;
    default:
      refuse_layer(layer.name, "unknown kind");
  }
  return y.permute({0, 3, 1, 2});
}

Tensor Fp32Network::run_layer(std::size_t index, const std::vector<Tensor>& inputs, bool training) {
  const Layer& layer = network_.layers[index];
  LayerState& state = states_[index];
  const Tensor& x = inputs.front();
  switch (layer.kind) {
    case LayerKind::conv:
      return torch::conv2d(x, state.weight, {}, layer.stride, layer.padding, 1, layer.groups);
    case LayerKind::linear:
      if (!layer.flatten) return run_sequence_layer(layer, state, inputs);
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
    case LayerKind::pact_signed:
      return x;
    case LayerKind::gelu:
      return torch::gelu(x);
    case LayerKind::add:
      return inputs[0] + inputs[1];
    case LayerKind::global_avg_pool:
      return x.mean({2, 3}, true);
    case LayerKind::max_pool:
      return torch::max_pool2d(x, layer.kernel, layer.stride, layer.padding);
    default:
      return run_sequence_layer(layer, state, inputs);
  }
}

Tensor Fp32Network::drop(std::size_t index, const Tensor& y, std::uint32_t step) const {
  const Layer& layer = network_.layers[index];
  const std::vector<float> factors = dropout_mask(layer, static_cast<int>(index), seed_, step,
                                                  static_cast<std::size_t>(y.numel()));
  const Tensor mask = torch::tensor(factors).reshape({y.size(0), y.size(2), y.size(3), y.size(1)});
  return y * mask.permute({0, 3, 1, 2});
}

/// [N,C,H,W]; token ids are integers.
Tensor Fp32Network::input_of(const Batch& batch) const {
  const FeatureShape& in = network_.input;
  const std::vector<std::int64_t> shape = {batch.samples, in.h, in.w, in.c};
  if (reads_tokens(network_)) {
    const Tensor ids = torch::empty(shape, torch::kInt64);
    std::copy(batch.tokens.begin(), batch.tokens.end(), ids.data_ptr<std::int64_t>());
    return ids.permute({0, 3, 1, 2});
  }
  const Tensor values = torch::empty(shape);
  fp16_to_floats(batch.images.data(), batch.images.size(), values.data_ptr<float>());
  return values.permute({0, 3, 1, 2}).contiguous(format_);
}

/// Logits [labels, classes].
Tensor Fp32Network::forward(const Batch& batch, bool training) {
  check_fits(network_, batch);
  const Tensor input = input_of(batch);
  std::vector<Tensor> outputs;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    std::vector<Tensor> inputs;
    for (const int producer : network_.layers[i].inputs) {
      inputs.push_back(producer < 0 ? input : outputs[static_cast<std::size_t>(producer)]);
    }
    outputs.push_back(run_layer(i, inputs, training));
    if (training && network_.layers[i].dropout > 0) {
      outputs.back() = drop(i, outputs.back(), batch.step);
    }
  }
  return outputs.back().permute({0, 2, 3, 1}).reshape({-1, network_.classes});
}

BatchOutcome Fp32Network::run(const Batch& batch) {
  for (NamedTensor& parameter : named_parameters()) parameter.tensor.mutable_grad() = Tensor();
  logits_ = forward(batch, true);
  const Judged judged = judge_logits(logits_, batch);
  judged.mean.backward();
  for (NamedTensor& parameter : named_parameters()) same_order(parameter.tensor);
  return judged.outcome;
}

BatchOutcome Fp32Network::judge(const Batch& batch) {
  const torch::NoGradGuard guard;
  return judge_logits(forward(batch, false), batch).outcome;
}

std::vector<float> Fp32Network::logits() const {
  const Tensor flat = logits_.detach().contiguous();
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

std::vector<Fp32Network::NamedTensor> Fp32Network::named_parameters() const {
  std::vector<NamedTensor> result;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const LayerState& state = states_[i];
    const std::string name = network_.layers[i].name + ".";
    const auto add = [&](const char* which, ParameterKind kind, const Tensor& tensor) {
      if (tensor.defined()) result.push_back({name + which, kind, tensor});
    };
    add("weight", ParameterKind::weight, state.weight);
    add("hidden_weight", ParameterKind::weight, state.hidden_weight);
    add("gamma", ParameterKind::norm, state.gamma);
    add("beta", ParameterKind::norm, state.beta);
    add("bias", ParameterKind::norm, state.bias);
  }
  return result;
}

std::vector<Fp32Network::NamedTensor> Fp32Network::named_states() const {
  std::vector<NamedTensor> result;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (!states_[i].running_mean.defined()) continue;
    const std::string& name = network_.layers[i].name;
    result.push_back({name + ".running_mean", ParameterKind::norm, states_[i].running_mean});
    result.push_back(
        {name + ".running_variance", ParameterKind::norm, states_[i].running_variance});
  }
  return result;
}

std::vector<ParameterArray> Fp32Network::parameters() {
  std::vector<ParameterArray> result;
  for (NamedTensor& parameter : named_parameters()) {
    const Tensor& gradient = parameter.tensor.grad();
    result.push_back({parameter.name, parameter.kind, parameter.tensor.data_ptr<float>(),
                      gradient.defined() ? gradient.data_ptr<float>() : nullptr,
                      static_cast<std::size_t>(parameter.tensor.numel())});
  }
  return result;
}

NamedArrays Fp32Network::states() const {
  NamedArrays result;
  for (const NamedTensor& state : named_states()) {
    const auto* values = state.tensor.data_ptr<float>();
    result[state.name].assign(values, values + state.tensor.numel());
  }
  return result;
}

void Fp32Network::restore_states(const NamedArrays& states) {
  const std::vector<NamedTensor> own = named_states();
  if (own.size() != states.size()) throw std::invalid_argument("has states of another network");
  for (const NamedTensor& state : own) {
    const auto place = states.find(state.name);
    if (place == states.end() ||
        static_cast<std::int64_t>(place->second.size()) != state.tensor.numel()) {
      throw std::invalid_argument("has no state " + state.name + " of this network");
    }
    std::copy(place->second.begin(), place->second.end(), state.tensor.data_ptr<float>());
  }
}

}  // namespace nibble
