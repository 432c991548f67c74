#include "models/training/gemm_layer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "models/layers/fp16_values.h"
#include "models/layers/packed_pass.h"
#include "models/layers/run_pass.h"
#include "models/quantize/grad_scale.h"
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

GemmLayer::GemmLayer(const Layer& layer, int index, const GemmArithmetic& arithmetic,
                     GemmFunction gemm, LayerTensor& input, LayerTensor& output)
    : layer_(layer),
      index_(index),
      formats_(layer_formats(layer.precision)),
      arithmetic_(arithmetic),
      gemm_(std::move(gemm)),
      input_(input),
      output_(output),
      weights_(layer.name + ".weight", ParameterKind::weight, weight_shape(layer), 0.0F) {
  (is_nibble(formats_.x) ? input.wants_codes : input.wants_values) = true;
  if (layer.bias) {
    bias_.emplace(layer.name + ".bias", ParameterKind::norm,
                  std::vector<std::int64_t>{layer.filters}, 0.0F);
  }
}

/// result = fp16(accumulator * scale).
void GemmLayer::accumulate(GemmPass pass, const Operand& streamed, const Operand& stationary,
                           float scale, Fp16Code* result) const {
  GemmCall call{layer_.name, layer_.precision, {}, arithmetic_};
  std::vector<Fp16Code> accumulators;
  if (streamed.codes != nullptr) {
    call.arithmetic = pass_arithmetic(pass, arithmetic_);
    if (!gemm_ && packed_pass_takes(conv_, pass, call.arithmetic)) {
      packed_pass(conv_, pass, call.arithmetic, streamed.codes->data(), stationary.codes->data(),
                  scale, result);
      return;
    }
    accumulators = run_pass(conv_, pass, streamed.codes->data(), stationary.codes->data(), call,
                            gemm_ ? gemm_ : fast_gemm);
  } else {
    accumulators = run_pass(conv_, pass, streamed.values->data(), stationary.values->data(), call,
                            gemm_ ? gemm_ : fast_gemm);
  }
  if (scale == 1.0F) {
    std::copy(accumulators.begin(), accumulators.end(), result);
  } else {
    scale_codes(accumulators.data(), accumulators.size(), scale, result);
  }
}

void GemmLayer::multiply(GemmPass pass, const Operand& streamed, const Operand& stationary,
                         float scale, int gradscale, OperationSink* sink, Fp16Code* result) const {
  if (sink == nullptr) return accumulate(pass, streamed, stationary, scale, result);
  std::vector<Fp16Code> accumulators(static_cast<std::size_t>(result_elements(conv_, pass)));
  accumulate(pass, streamed, stationary, 1.0F, accumulators.data());
  const GemmArithmetic arithmetic =
      streamed.codes != nullptr ? pass_arithmetic(pass, arithmetic_) : arithmetic_;
  sink->record({layer_, pass, arithmetic, conv_, streamed.codes, stationary.codes, streamed.values,
                stationary.values, accumulators, scale, gradscale});
  scale_codes(accumulators.data(), accumulators.size(), scale, result);
}

void GemmLayer::quantise_weights() {
  if (is_nibble(formats_.weights)) {
    const SawbScale sawb = sawb_scale(weights_.value.data(), weights_.value.size());
    sawb_codes(weights_.value, sawb, weight_codes_);
    weight_step_ = sawb.alpha / 7.0F;
  } else {
    weight_values_.resize(weights_.value.size());
    fp16_from_floats(weights_.value.data(), weights_.value.size(), weight_values_.data());
    weight_step_ = 1.0F;
  }
}

void GemmLayer::forward(const TrainingPass& pass) {
  conv_ = conv_shape(layer_, pass.samples);
  quantise_weights();
  const bool nibbles = is_nibble(formats_.x);
  const Operand x = nibbles ? Operand{&input_.codes, nullptr} : Operand{nullptr, &input_.values};
  const Operand w = nibbles ? Operand{&weight_codes_, nullptr} : Operand{nullptr, &weight_values_};
  const float x_step = nibbles ? input_.alpha / 15.0F : 1.0F;
  multiply(GemmPass::forward, x, w, x_step * weight_step_, 0, pass.sink, output_.values.data());
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

/// Both phases of dY; returns the gradscale they have.
int GemmLayer::quantise_gradient(const TrainingPass& pass) {
  const std::vector<Fp16Code>& dy = output_.gradient();
  const std::size_t count = output_.elements();
  std::optional<int> known = grad_scale();
  if (!known) known = grad_scale_initial(fp16_to_float(max_magnitude_code(dy.data(), count)));
  const int gradscale = known.value_or(0);
  even_.resize(count);
  odd_.resize(count);
  const Fp16Code largest =
      fp4_quantize_codes(dy.data(), count, gradscale, even_.data(), odd_.data());
  if (!pass.leaves_no_mark) {
    if (known) grad_scale_.assign(1, static_cast<float>(*known));
    vote_ = grad_scale_vote(fp16_to_float(largest), gradscale);
  }
  return gradscale;
}

void GemmLayer::backward(const TrainingPass& pass) {
  const bool nibbles = is_nibble(formats_.dy_dgrad);
  const int gradscale = nibbles ? quantise_gradient(pass) : 0;
  const float unscale = std::ldexp(1.0F, -gradscale);
  if (bias_) sum_bias_gradient();
  const std::vector<Fp16Code>& dy = output_.gradient();
  if (input_.wants_gradient) {
    const Operand gradient = nibbles ? Operand{&even_, nullptr} : Operand{nullptr, &dy};
    const Operand w =
        nibbles ? Operand{&weight_codes_, nullptr} : Operand{nullptr, &weight_values_};
    multiply(GemmPass::dgrad, gradient, w, weight_step_ * unscale, gradscale, pass.sink,
             input_.new_gradient());
    input_.added_gradient();
  }
  const Operand gradient = nibbles ? Operand{&odd_, nullptr} : Operand{nullptr, &dy};
  const Operand x = nibbles ? Operand{&input_.codes, nullptr} : Operand{nullptr, &input_.values};
  const float x_step = nibbles ? input_.alpha / 15.0F : 1.0F;
  dweights_.resize(weights_.value.size());
  multiply(GemmPass::wgrad, gradient, x, x_step * unscale, gradscale, pass.sink, dweights_.data());
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

std::vector<TrainedState> GemmLayer::states() {
  if (!is_nibble(formats_.dy_dgrad)) return {};
  return {{layer_.name + ".gradscale", &grad_scale_}};
}

std::optional<int> GemmLayer::grad_scale() const {
  if (grad_scale_.empty()) return std::nullopt;
  return static_cast<int>(grad_scale_.front());
}

void GemmLayer::finish_step() {
  if (!grad_scale_.empty()) {
    grad_scale_.front() = static_cast<float>(grad_scale_update(*grad_scale(), vote_));
  }
  vote_ = 0;
}

void GemmLayer::export_weights(std::map<int, LayerWeights>& entries) const {
  LayerWeights& entry = entries[index_];
  entry.name = layer_.name;
  entry.precision = layer_.precision;
  if (is_nibble(formats_.weights)) {
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
