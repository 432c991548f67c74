#include "models/layers/inference.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "models/layers/elementwise.h"
#include "models/layers/fp16_values.h"
#include "models/layers/layer_fault.h"
#include "models/layers/run_pass.h"
#include "models/quantize/pact.h"

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

InferenceNetwork::Values InferenceNetwork::multiply(std::size_t index, std::int64_t batch,
                                                    const Values& x,
                                                    const GemmFunction& gemm) const {
  const Layer& layer = network_.layers[index];
  const LayerWeights& weights = weights_of(index);
  const ConvShape conv = conv_shape(layer, batch);
  GemmCall call{layer.name, gemm_operands(layer.precision, GemmPass::forward), {}, {}};
  call.arithmetic.accumulator = weights_.accumulator;
  call.arithmetic.chunk_len =
      layer.precision == LayerPrecision::fp16 ? weights_.fp16_chunk_len : weights_.chunk_len;
  float scale = 1.0F;
  std::vector<Fp16Code> accumulators;
  if (layer.precision == LayerPrecision::int4_fp4) {
    const float alpha = weights_of(static_cast<std::size_t>(layer.inputs.front())).alpha;
    scale = alpha / 15.0F * weights.weight_scale;
    std::vector<NibbleCode> codes(x.size());
    pact_quantize_values(x.data(), x.size(), pact_reciprocal(alpha), codes.data());
    accumulators =
        run_pass(conv, GemmPass::forward, codes.data(), weights.codes.data(), call, gemm);
  } else {
    std::vector<Fp16Code> codes(x.size());
    fp16_from_floats(x.data(), x.size(), codes.data());
    accumulators =
        run_pass(conv, GemmPass::forward, codes.data(), weights.values.data(), call, gemm);
  }
  Values y(accumulators.size());
  scale_accumulators(accumulators.data(), accumulators.size(), scale, y.data());
  if (layer.bias) bias_add(y.data(), batch, layer.filters, weights.bias.data(), y.data());
  return y;
}

void InferenceNetwork::run_layer(std::size_t index, std::int64_t batch, const GemmFunction& gemm,
                                 std::vector<Values>& outputs, const Values& images) const {
  const Layer& layer = network_.layers[index];
  const auto input = [&](std::size_t i) -> const Values& {
    const int producer = layer.inputs[i];
    return producer < 0 ? images : outputs[static_cast<std::size_t>(producer)];
  };
  const Values& x = input(0);
  const auto count = static_cast<std::int64_t>(x.size());
  const FeatureShape& in = layer.input_shape;
  Values y(static_cast<std::size_t>(batch * layer.output_shape.elements()));
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
    default:
      refuse_layer(layer.name, "unknown kind");
  }
  outputs[index] = std::move(y);
  for (const int producer : layer.inputs) {
    if (producer >= 0 && last_reader_[static_cast<std::size_t>(producer)] == index) {
      outputs[static_cast<std::size_t>(producer)] = Values();
    }
  }
}

std::vector<Fp16Code> InferenceNetwork::logits(const Fp16Code* images, std::int64_t batch,
                                               const GemmFunction& gemm) const {
  Values input(static_cast<std::size_t>(batch * network_.input.elements()));
  fp16_to_floats(images, input.size(), input.data());
  std::vector<Values> outputs(network_.layers.size());
  for (std::size_t i = 0; i < network_.layers.size(); ++i) {
    run_layer(i, batch, gemm, outputs, input);
  }
  std::vector<Fp16Code> codes(outputs.back().size());
  fp16_from_floats(outputs.back().data(), codes.size(), codes.data());
  return codes;
}

std::vector<int> InferenceNetwork::classify(const Fp16Code* images, std::int64_t batch,
                                            const GemmFunction& gemm) const {
  return classes_of(logits(images, batch, gemm));
}

std::vector<int> InferenceNetwork::classes_of(const std::vector<Fp16Code>& logits) const {
  Values values(logits.size());
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
