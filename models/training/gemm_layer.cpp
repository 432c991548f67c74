#include "models/training/gemm_layer.h"

#include <algorithm>
#include <utility>

#include "models/layers/sequence_elementwise.h"

namespace nibble {
namespace {

std::vector<std::int64_t> weight_shape(const Layer& layer) {
  const ConvShape conv = conv_shape(layer, 1);
  return {conv.k, conv.r, conv.s, conv.c / conv.groups};
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
      weights_(layer.name + ".weight", weight_shape(layer), gemm_.formats().takes_codes()) {
  (gemm_.formats().takes_codes() ? input.wants_codes : input.wants_values) = true;
  if (layer.bias) {
    bias_.emplace(layer.name + ".bias", ParameterKind::norm,
                  std::vector<std::int64_t>{layer.filters}, 0.0F);
  }
}

GemmOperand GemmLayer::input_operand() const {
  return input_.operand(gemm_.formats().takes_codes());
}

void GemmLayer::forward(const TrainingPass& pass) {
  conv_ = conv_shape(layer_, pass.samples);
  weights_.prepare();
  gemm_.forward(conv_, input_operand(), weights_.operand(), pass, output_.values.data());
  if (!bias_) output_.phases = gemm_.phases(output_.elements(), pass);
  if (bias_) add_bias(bias_->value.data(), conv_.n, conv_.k, output_.values.data());
}

void GemmLayer::backward(const TrainingPass& pass) {
  if (output_.phases_largest) {
    gemm_.take_phases(*output_.phases_largest, pass);
  } else {
    gemm_.take_gradient(output_.gradient(), pass);
  }
  if (bias_) {
    std::fill(bias_->gradient.begin(), bias_->gradient.end(), 0.0F);
    bias_gradient(output_.gradient().data(), conv_.n, conv_.k, bias_->gradient.data());
  }
  if (input_.wants_gradient) {
    gemm_.dgrad(conv_, weights_.operand(), pass, input_.new_gradient());
    input_.added_gradient();
  }
  gemm_.wgrad(conv_, input_operand(), pass, weights_.new_gradient());
  weights_.take_gradient();
}

std::vector<TrainedParameter*> GemmLayer::parameters() {
  std::vector<TrainedParameter*> all = {&weights_.parameter()};
  if (bias_) all.push_back(&*bias_);
  return all;
}

void GemmLayer::export_weights(std::map<int, LayerWeights>& entries) const {
  LayerWeights& entry = entries[index_];
  entry.name = layer_.name;
  entry.precision = layer_.precision;
  entry.weight = weights_.exported();
  if (bias_) entry.bias = bias_->value;
}

}  // namespace nibble
