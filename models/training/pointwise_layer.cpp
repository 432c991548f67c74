#include "models/training/pointwise_layer.h"

#include <algorithm>

#include "models/quantize/pact.h"

namespace nibble {

PointwiseLayer::PointwiseLayer(const PointwiseParts& parts, const TrainingTask& task,
                               LayerTensor& input, LayerTensor* other, LayerTensor& output)
    : norm_index_(parts.norm_index),
      activation_index_(parts.activation_index),
      reads_alone_(parts.reads_alone),
      norm_momentum_(static_cast<float>(task.norm_momentum)),
      norm_epsilon_(static_cast<float>(task.norm_epsilon)),
      input_(input),
      other_(other),
      output_(output) {
  input.wants_values = true;
  if (other != nullptr) other->wants_values = true;
  if (parts.norm != nullptr) {
    norm_name_ = parts.norm->name;
    const std::int64_t channels = parts.norm->output_shape.c;
    const auto count = static_cast<std::size_t>(channels);
    norm_ = Norm{{norm_name_ + ".gamma", ParameterKind::norm, {channels}, 1.0F},
                 {norm_name_ + ".beta", ParameterKind::norm, {channels}, 0.0F},
                 std::vector<float>(count, 0.0F),
                 std::vector<float>(count, 1.0F),
                 {},
                 {}};
  }
  if (parts.activation != nullptr) {
    activation_name_ = parts.activation->name;
    activation_ = parts.activation->kind == LayerKind::pact ? Activation::pact : Activation::relu;
    if (activation_ == Activation::pact) {
      alpha_.emplace(activation_name_, task);
    }
  }
  name_ = parts.norm != nullptr  ? norm_name_
          : parts.add != nullptr ? parts.add->name
                                 : activation_name_;
}

/// As libtorch does it: the running variance takes the unbiased one.
void PointwiseLayer::move_running_statistics(std::int64_t count) {
  const float unbiased = static_cast<float>(count) / static_cast<float>(count - 1);
  for (std::size_t c = 0; c < norm_->running_mean.size(); ++c) {
    float& mean = norm_->running_mean[c];
    float& variance = norm_->running_variance[c];
    mean = (1.0F - norm_momentum_) * mean + norm_momentum_ * norm_->statistics.mean[c];
    variance = (1.0F - norm_momentum_) * variance +
               norm_momentum_ * (norm_->statistics.variance[c] * unbiased);
  }
}

void PointwiseLayer::normalise(const TrainingPass& pass) {
  const TensorShape shape = input_.layout();
  batch_statistics(input_.values.data(), shape, norm_->statistics);
  norm_->folded = fold_batch_norm(norm_->gamma.value.data(), norm_->beta.value.data(),
                                  norm_->statistics.mean.data(), norm_->statistics.variance.data(),
                                  shape.channels, norm_epsilon_);
  if (!pass.leaves_no_mark) move_running_statistics(shape.per_channel());
}

PointwiseStages PointwiseLayer::stages() const {
  PointwiseStages result;
  if (norm_) {
    result.norm = &norm_->folded;
    result.finite = norm_->statistics.finite();
  }
  if (other_ != nullptr) result.other = other_->values.data();
  result.activation = activation_;
  if (alpha_) result.alpha = alpha_->value();
  return result;
}

/// To what ReLU would yield: the values above alpha are to be seen.
void PointwiseLayer::fit_alpha() {
  PointwiseStages unclipped = stages();
  unclipped.activation = Activation::relu;
  std::vector<Fp16Code> values(input_.elements());
  pointwise_forward(input_.values.data(), input_.layout(), unclipped, 0, values.data(), nullptr,
                    masks_);
  alpha_->fit(values.data(), values.size(), ClipCodes::u4);
}

void PointwiseLayer::forward(const TrainingPass& pass) {
  if (norm_) normalise(pass);
  if (alpha_ && alpha_->fit_due(pass)) fit_alpha();
  Fp16Code reciprocal = 0;
  if (alpha_) {
    output_.alpha = alpha_->value();
    reciprocal = pact_reciprocal(output_.alpha);
  }
  pointwise_forward(input_.values.data(), input_.layout(), stages(), reciprocal,
                    output_.wants_values ? output_.values.data() : nullptr,
                    output_.wants_codes ? output_.codes.data() : nullptr, masks_);
}

void PointwiseLayer::backward(const TrainingPass& /*pass*/) {
  const TensorShape shape = input_.layout();
  const IncomingGradient incoming = output_.incoming();
  PointwiseSums sums;
  pointwise_backward(input_.values.data(), shape, stages(), masks_,
                     norm_ ? norm_->statistics : BatchStatistics(), norm_epsilon_, incoming, sums);
  std::vector<Fp16Code>& gradient = output_.summed_gradient();
  if (alpha_) alpha_->parameter.gradient.front() = sums.alpha;
  if (norm_) {
    const auto backward = [&](const auto& dx) {
      return batch_norm_backward(input_.values.data(), shape, stages(), masks_, norm_->statistics,
                                 sums, norm_->gamma.value.data(), norm_epsilon_, gradient.data(),
                                 dx);
    };
    if (reads_alone_ && input_.phases) {
      input_.phases_largest = backward(*input_.phases);
    } else {
      backward(input_.new_gradient());
      input_.added_gradient();
    }
    std::copy(sums.gamma.begin(), sums.gamma.end(), norm_->gamma.gradient.begin());
    std::copy(sums.beta.begin(), sums.beta.end(), norm_->beta.gradient.begin());
  } else {
    std::copy(gradient.begin(), gradient.end(), input_.new_gradient());
    input_.added_gradient();
  }
  if (other_ != nullptr) other_->take_gradient(gradient);
}

std::vector<TrainedParameter*> PointwiseLayer::parameters() {
  std::vector<TrainedParameter*> all;
  if (norm_) all = {&norm_->gamma, &norm_->beta};
  if (alpha_) all.push_back(&alpha_->parameter);
  return all;
}

std::vector<TrainedState> PointwiseLayer::states() {
  if (!norm_) return {};
  return {{norm_name_ + ".running_mean", &norm_->running_mean},
          {norm_name_ + ".running_variance", &norm_->running_variance}};
}

void PointwiseLayer::finish_step() {
  if (alpha_) alpha_->finish_step();
}

void PointwiseLayer::export_weights(std::map<int, LayerWeights>& entries) const {
  if (norm_) {
    FoldedNorm folded =
        fold_batch_norm(norm_->gamma.value.data(), norm_->beta.value.data(),
                        norm_->running_mean.data(), norm_->running_variance.data(),
                        static_cast<std::int64_t>(norm_->running_mean.size()), norm_epsilon_);
    LayerWeights& entry = entries[norm_index_];
    entry.name = norm_name_;
    entry.scale = std::move(folded.scale);
    entry.shift = std::move(folded.shift);
  }
  if (alpha_) {
    LayerWeights& entry = entries[activation_index_];
    entry.name = activation_name_;
    entry.alpha = alpha_->value();
  }
}

}  // namespace nibble
