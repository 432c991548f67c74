#include "models/training/gemm_layer.h"

#include <algorithm>
#include <utility>

#include "models/quantize/sawb.h"

namespace nibble {
namespace {

std::vector<std::int64_t> weight_shape(const Layer& layer) {
  const ConvShape conv = conv_shape(layer, 1);
  return {conv.k, conv.r, conv.s, conv.c / conv.groups};
}

void sawb_codes(const std::vector<float>& weights, const SawbScale& scale,
                std::vector<NibbleCode>& codes) {
  codes.resize(weights.size());
  std::transform(weights.begin(), weights.end(), codes.begin(),
                 [&](float weight) { return sawb_quantize(weight, scale.reciprocal); });
}

}  // namespace

GemmLayer::GemmLayer(const Layer& layer, int index, const LayerArithmetic& arithmetic,
                     const TrainingRecipe& recipe, GemmFunction gemm, LayerTensor& input,
                     LayerTensor& output)
    : layer_(layer),
      index_(index),
      gemm_(layer.name, index, layer_formats(layer.precision, recipe), arithmetic, recipe,
            std::move(gemm)),
      input_(input),
      output_(output),
      weights_(layer.name + ".weight", ParameterKind::weight, weight_shape(layer), 0.0F) {
  (gemm_.formats().takes_codes() ? input.wants_codes : input.wants_values) = true;
  if (layer.bias) {
    bias_.emplace(layer.name + ".bias", ParameterKind::norm,
                  std::vector<std::int64_t>{layer.filters}, 0.0F);
  }
}

void GemmLayer::quantise_weights() {
  if (gemm_.formats().takes_codes()) {
    const SawbScale sawb = sawb_scale(weights_.value.data(), weights_.value.size());
    sawb_codes(weights_.value, sawb, weight_codes_);
    weight_step_ = sawb.alpha / 7.0F;
  } else {
    weight_values_.resize(weights_.value.size());
    fp16_from_floats(weights_.value.data(), weights_.value.size(), weight_values_.data());
  }
}

GemmOperand GemmLayer::input_operand() const {
  if (!gemm_.formats().takes_codes()) return {nullptr, &input_.values};
  return {&input_.codes, nullptr, input_.alpha / 15.0F, StationaryFormat::u4};
}

GemmOperand GemmLayer::weight_operand() const {
  if (!gemm_.formats().takes_codes()) return {nullptr, &weight_values_};
  return {&weight_codes_, nullptr, weight_step_, StationaryFormat::s4};
}

void GemmLayer::forward(const TrainingPass& pass) {
  conv_ = conv_shape(layer_, pass.samples);
  quantise_weights();
  gemm_.forward(conv_, input_operand(), weight_operand(), pass, output_.values.data());
  if (bias_) add_bias();
}

/// y = fp16(y + bias).
void GemmLayer::add_bias() {
  const std::vector<float>& bias = bias_->value;
  for (std::size_t i = 0; i < output_.values.size(); ++i) {
    Fp16Code& y = output_.values[i];
    y = fp16_from_float(fp16_to_float(y) + bias[i % bias.size()]);
  }
}

void GemmLayer::backward(const TrainingPass& pass) {
  gemm_.take_gradient(output_.gradient(), pass);
  if (bias_) sum_bias_gradient();
  if (input_.wants_gradient) {
    gemm_.dgrad(conv_, weight_operand(), pass, input_.new_gradient());
    input_.added_gradient();
  }
  dweights_.resize(weights_.value.size());
  gemm_.wgrad(conv_, input_operand(), pass, dweights_.data());
  fp16_to_floats(dweights_.data(), dweights_.size(), weights_.gradient.data());
}

/// Over all rows in index order, binary32.
void GemmLayer::sum_bias_gradient() {
  const std::vector<Fp16Code>& dy = output_.gradient();
  std::vector<float>& sums = bias_->gradient;
  std::fill(sums.begin(), sums.end(), 0.0F);
  for (std::size_t i = 0; i < output_.elements(); ++i) {
    sums[i % sums.size()] += fp16_to_float(dy[i]);
  }
}

std::vector<TrainedParameter*> GemmLayer::parameters() {
  std::vector<TrainedParameter*> all = {&weights_};
  if (bias_) all.push_back(&*bias_);
  return all;
}

void GemmLayer::export_weights(std::map<int, LayerWeights>& entries) const {
  LayerWeights& entry = entries[index_];
  entry.name = layer_.name;
  entry.precision = layer_.precision;
  if (gemm_.formats().takes_codes()) {
    const SawbScale sawb = sawb_scale(weights_.value.data(), weights_.value.size());
    sawb_codes(weights_.value, sawb, entry.codes);
    entry.weight_scale = sawb.alpha / 7.0F;
  } else {
    entry.values.resize(weights_.value.size());
    fp16_from_floats(weights_.value.data(), weights_.value.size(), entry.values.data());
  }
  if (bias_) entry.bias = bias_->value;
}

}  // namespace nibble
