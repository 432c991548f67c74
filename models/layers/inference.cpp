#include "models/layers/inference.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "models/layers/elementwise.h"
#include "models/layers/layer_fault.h"
#include "models/layers/sequence_elementwise.h"
#include "models/layers/sequence_elementwise_clip.h"
#include "models/layers/sequence_elementwise_embedding.h"
#include "models/layers/sequence_elementwise_norm.h"
#include "models/layers/sequence_elementwise_softmax.h"

namespace nibble {
InferenceNetwork::InferenceNetwork(Network network, NetworkWeights weights)
    : network_(std::move(network)), weights_(std::move(weights)) {
  infer_shapes(network_);
  check_weights(network_, weights_);
  int next = 0;
  last_reader_.resize(network_.layers.size());
  for (std::size_t i = 0; i < network_.layers.size(); ++i) {
    const auto entry = static_cast<std::size_t>(next);
    const bool has_entry =
        entry < weights_.layers.size() && weights_.layers[entry].name == network_.layers[i].name;
    entry_of_layer_.push_back(has_entry ? next++ : -1);
    last_reader_[i] = i;
    for (const int input : network_.layers[i].inputs) {
      if (input >= 0) last_reader_[static_cast<std::size_t>(input)] = i;
    }
  }
}

const LayerWeights& InferenceNetwork::weights_of(std::size_t layer) const {
  return weights_.layers[static_cast<std::size_t>(entry_of_layer_[layer])];
}

void InferenceNetwork::run_sequence_layer(std::size_t index, std::int64_t batch, const Codes& x,
                                          const std::int32_t* tokens, Codes& y) const {
  const Layer& layer = network_.layers[index];
  const FeatureShape& shape = layer.output_shape;
  const std::int64_t count = batch * shape.elements(), rows = count / shape.c;
  switch (layer.kind) {
    case LayerKind::pact_signed:
      signed_clip(x.data(), count, weights_of(index).alpha, y.data());
      break;
    case LayerKind::gelu:
      gelu(x.data(), count, y.data());
      break;
    case LayerKind::layer_norm: {
      std::vector<RowStatistics> statistics(static_cast<std::size_t>(rows));
      layer_norm(x.data(), {rows, shape.c}, weights_of(index).scale.data(),
                 weights_of(index).shift.data(), kLayerNormEpsilon, statistics.data(), y.data());
      break;
    }
    case LayerKind::softmax:
      if (layer.causal) {
        causal_softmax(x.data(), causal_scores(shape, batch), y.data());
      } else {
        softmax(x.data(), rows, shape.c, y.data());
      }
      break;
    case LayerKind::embedding:
      if (!ids_are_rows(tokens, rows, layer.table_rows)) {
        refuse_layer(layer.name, "reads a token id beyond its table");
      }
      for (std::int64_t row = 0; row < rows; ++row) {
        std::copy_n(weights_of(index).table.data() + tokens[row] * shape.c, shape.c,
                    y.data() + row * shape.c);
      }
      break;
    case LayerKind::position_embedding:
      for (std::int64_t first = 0; first < count; first += shape.elements()) {
        residual_add(x.data() + first, weights_of(index).table.data(), shape.elements(),
                     y.data() + first);
      }
      break;
    default:
      refuse_layer(layer.name, "unknown kind");
  }
}

void InferenceNetwork::run_layer(std::size_t index, std::int64_t batch, const GemmFunction& gemm,
                                 std::vector<Codes>& outputs, const Input& network_input) const {
  const Layer& layer = network_.layers[index];
  const auto input = [&](std::size_t i) -> const Codes& {
    const int producer = layer.inputs[i];
    return producer < 0 ? network_input.images : outputs[static_cast<std::size_t>(producer)];
  };
  const Codes& x = input(0);
  const auto count = static_cast<std::int64_t>(x.size());
  const FeatureShape& in = layer.input_shape;
  Codes y(static_cast<std::size_t>(batch * layer.output_shape.elements()));
  switch (layer.kind) {
    case LayerKind::conv:
    case LayerKind::linear:
      y = multiply(index, batch, x, gemm);
      break;
    case LayerKind::batch_norm:
      batch_norm_apply(x.data(), count / in.c, in.c, weights_of(index).scale.data(),
                       weights_of(index).shift.data(), y.data());
      break;
    case LayerKind::pact:
      pact_clip(x.data(), count, weights_of(index).alpha, y.data());
      break;
    case LayerKind::relu:
      relu(x.data(), count, y.data());
      break;
    case LayerKind::add:
      residual_add(x.data(), input(1).data(), count, y.data());
      break;
    case LayerKind::max_pool:
      max_pool(x.data(), batch, layer, y.data());
      break;
    case LayerKind::global_avg_pool:
      global_avg_pool(x.data(), batch, in.h * in.w, in.c, y.data());
      break;
    case LayerKind::matmul:
      y = multiply_activations(index, batch, x, input(1), gemm);
      break;
    case LayerKind::lstm:
      y = run_lstm(index, batch, x, gemm);
      break;
    default:
      run_sequence_layer(index, batch, x, network_input.tokens, y);
  }
  outputs[index] = std::move(y);
  for (const int producer : layer.inputs) {
    if (producer >= 0 && last_reader_[static_cast<std::size_t>(producer)] == index) {
      outputs[static_cast<std::size_t>(producer)] = Codes();
    }
  }
}

InferenceNetwork::Codes InferenceNetwork::run(const Input& input, std::int64_t batch,
                                              const GemmFunction& gemm) const {
  std::vector<Codes> outputs(network_.layers.size());
  for (std::size_t i = 0; i < network_.layers.size(); ++i) {
    run_layer(i, batch, gemm, outputs, input);
  }
  return std::move(outputs.back());
}

std::vector<Fp16Code> InferenceNetwork::logits(const Fp16Code* images, std::int64_t batch,
                                               const GemmFunction& gemm) const {
  if (reads_tokens(network_))
    throw std::invalid_argument(network_.name + " reads tokens, not images");
  return run({Codes(images, images + batch * network_.input.elements())}, batch, gemm);
}

std::vector<Fp16Code> InferenceNetwork::logits(const std::int32_t* tokens, std::int64_t batch,
                                               const GemmFunction& gemm) const {
  if (!reads_tokens(network_))
    throw std::invalid_argument(network_.name + " reads images, not tokens");
  return run({{}, tokens}, batch, gemm);
}

std::vector<int> InferenceNetwork::classify(const Fp16Code* images, std::int64_t batch,
                                            const GemmFunction& gemm) const {
  return classes_of(logits(images, batch, gemm));
}

std::vector<int> InferenceNetwork::classes_of(const std::vector<Fp16Code>& logits) const {
  std::vector<float> values(logits.size());
  fp16_to_floats(logits.data(), logits.size(), values.data());
  std::vector<int> classes;
  for (auto first = values.begin(); first != values.end(); first += network_.classes) {
    // A NaN is not less than anything: without this order max_element would depend on its place.
    const auto less = [](float a, float b) { return std::isnan(b) ? !std::isnan(a) : a < b; };
    classes.push_back(
        static_cast<int>(std::max_element(first, first + network_.classes, less) - first));
  }
  return classes;
}

}  // namespace nibble
