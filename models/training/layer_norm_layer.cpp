#include "models/training/layer_norm_layer.h"

#include <algorithm>

namespace nibble {

LayerNormLayer::LayerNormLayer(const Layer& layer, int index, LayerTensor& input,
                               LayerTensor& output)
    : name_(layer.name),
      index_(index),
      input_(input),
      output_(output),
      gamma_(name_ + ".gamma", ParameterKind::norm, {layer.output_shape.c}, 1.0F),
      beta_(name_ + ".beta", ParameterKind::norm, {layer.output_shape.c}, 0.0F) {
  input.wants_values = output.wants_values = true;
}

void LayerNormLayer::forward(const TrainingPass& /*pass*/) {
  const RowShape shape = input_.rows();
  statistics_.resize(static_cast<std::size_t>(shape.rows));
  layer_norm(input_.values.data(), shape, gamma_.value.data(), beta_.value.data(),
             kLayerNormEpsilon, statistics_.data(), output_.values.data());
}

void LayerNormLayer::backward(const TrainingPass& /*pass*/) {
  std::fill(gamma_.gradient.begin(), gamma_.gradient.end(), 0.0F);
  std::fill(beta_.gradient.begin(), beta_.gradient.end(), 0.0F);
  layer_norm_backward(input_.values.data(), output_.gradient().data(), input_.rows(),
                      statistics_.data(), gamma_.value.data(), input_.new_gradient(),
                      gamma_.gradient.data(), beta_.gradient.data());
  input_.added_gradient();
}

void LayerNormLayer::export_weights(std::map<int, LayerWeights>& entries) const {
  LayerWeights& entry = entries[index_];
  entry.name = name_;
  entry.scale = gamma_.value;
  entry.shift = beta_.value;
}

}  // namespace nibble
