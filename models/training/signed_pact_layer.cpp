#include "models/training/signed_pact_layer.h"

#include "models/layers/sequence_elementwise_clip.h"
#include "models/quantize/signed_pact.h"

namespace nibble {

SignedPactLayer::SignedPactLayer(const Layer& layer, int index, const TrainingTask& task,
                                 LayerTensor& input, LayerTensor& output)
    : name_(layer.name), index_(index), input_(input), output_(output), alpha_(name_, task) {
  input.wants_values = true;
  output.signed_codes = true;
}

void SignedPactLayer::forward(const TrainingPass& pass) {
  const std::size_t count = input_.elements();
  if (alpha_.fit_due(pass)) alpha_.fit(input_.values.data(), count, ClipCodes::s4);
  const float alpha = output_.alpha = alpha_.value();
  if (output_.wants_values) {
    signed_clip(input_.values.data(), static_cast<std::int64_t>(count), alpha,
                output_.values.data());
  }
  if (output_.wants_codes) {
    // Of x itself: what lies beyond alpha gets the code of alpha.
    signed_pact_quantize(input_.values.data(), count, signed_pact_reciprocal(alpha),
                         output_.codes.data());
  }
}

void SignedPactLayer::backward(const TrainingPass& /*pass*/) {
  const Fp16Code* dy = output_.gradient().data();
  alpha_.parameter.gradient.front() = signed_clip_backward(input_.values.data(), dy, input_.rows(),
                                                           alpha_.value(), input_.new_gradient());
  input_.added_gradient();
}

void SignedPactLayer::export_weights(std::map<int, LayerWeights>& entries) const {
  LayerWeights& entry = entries[index_];
  entry.name = name_;
  entry.alpha = alpha_.value();
}

}  // namespace nibble
