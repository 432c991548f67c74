#include "models/training/activation_layers.h"

#include "models/layers/sequence_elementwise.h"
#include "models/layers/sequence_elementwise_softmax.h"

namespace nibble {

GeluLayer::GeluLayer(const Layer& layer, LayerTensor& input, LayerTensor& output)
    : name_(layer.name), input_(input), output_(output) {
  input.wants_values = output.wants_values = true;
}

void GeluLayer::forward(const TrainingPass& /*pass*/) {
  gelu(input_.values.data(), static_cast<std::int64_t>(input_.elements()), output_.values.data());
}

void GeluLayer::backward(const TrainingPass& /*pass*/) {
  gelu_backward(input_.values.data(), output_.gradient().data(),
                static_cast<std::int64_t>(input_.elements()), input_.new_gradient());
  input_.added_gradient();
}

SoftmaxLayer::SoftmaxLayer(const Layer& layer, LayerTensor& input, LayerTensor& output)
    : name_(layer.name), causal_(layer.causal), input_(input), output_(output) {
  input.wants_values = output.wants_values = true;
}

void SoftmaxLayer::forward(const TrainingPass& pass) {
  const auto [rows, channels] = input_.rows();
  if (causal_) {
    causal_softmax(input_.values.data(), causal_scores(input_.shape, pass.samples),
                   output_.values.data());
  } else {
    softmax(input_.values.data(), rows, channels, output_.values.data());
  }
}

void SoftmaxLayer::backward(const TrainingPass& pass) {
  const auto [rows, channels] = input_.rows();
  const Fp16Code* dy = output_.gradient().data();
  if (causal_) {
    causal_softmax_backward(output_.values.data(), dy, causal_scores(input_.shape, pass.samples),
                            input_.new_gradient());
  } else {
    softmax_backward(output_.values.data(), dy, rows, channels, input_.new_gradient());
  }
  input_.added_gradient();
}

}  // namespace nibble
