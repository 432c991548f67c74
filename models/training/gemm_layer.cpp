#include "models/training/gemm_layer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "models/layers/elementwise.h"
#include "models/layers/fp16_values.h"
#include "models/layers/run_pass.h"
#include "models/quantize/grad_scale.h"
#include "models/quantize/pact.h"
#include "models/quantize/sawb.h"

namespace nibble {
namespace {

std::size_t weight_count(const Layer& layer) {
  const ConvShape conv = conv_shape(layer, 1);
  return static_cast<std::size_t>(conv.k * conv.r * conv.s * conv.c);
}

std::vector<NibbleCode> quantised_weights(const Layer& layer, const float* weights,
                                          const SawbScale& scale) {
  std::vector<NibbleCode> codes(weight_count(layer));
  std::transform(weights, weights + codes.size(), codes.begin(),
                 [&](float weight) { return sawb_quantize(weight, scale.reciprocal); });
  return codes;
}

std::vector<Fp16Code> encoded(const float* values, std::size_t count) {
  std::vector<Fp16Code> codes(count);
  fp16_encode(values, count, codes.data());
  return codes;
}

std::vector<float> scaled(const std::vector<Fp16Code>& accumulators, float scale) {
  std::vector<float> values(accumulators.size());
  scale_accumulators(accumulators.data(), accumulators.size(), scale, values.data());
  return values;
}

/// Sum over all rows of [rows, channels], in index order.
std::vector<float> column_sums(const std::vector<float>& values, std::int64_t channels) {
  std::vector<float> sums(static_cast<std::size_t>(channels));
  for (std::size_t row = 0; row < values.size(); row += sums.size()) {
    for (std::size_t c = 0; c < sums.size(); ++c) sums[c] += values[row + c];
  }
  return sums;
}

}  // namespace

GemmLayer::GemmLayer(const Layer& layer, const GemmArithmetic& arithmetic, GemmFunction gemm)
    : layer_(layer), arithmetic_(arithmetic), gemm_(std::move(gemm)) {}

std::vector<float> GemmLayer::multiply(GemmPass pass, const std::vector<NibbleCode>& streamed,
                                       const std::vector<NibbleCode>& stationary, float scale,
                                       int gradscale, OperationSink* sink) const {
  const GemmCall call{
      layer_.name, LayerPrecision::int4_fp4, {}, pass_arithmetic(pass, arithmetic_)};
  const std::vector<Fp16Code> accumulators =
      run_pass(conv_, pass, streamed.data(), stationary.data(), call, gemm_);
  if (sink != nullptr) {
    sink->record({layer_, pass, call.arithmetic, conv_, &streamed, &stationary, nullptr, nullptr,
                  accumulators, scale, gradscale});
  }
  return scaled(accumulators, scale);
}

std::vector<float> GemmLayer::multiply(GemmPass pass, const std::vector<Fp16Code>& streamed,
                                       const std::vector<Fp16Code>& stationary,
                                       OperationSink* sink) const {
  const GemmCall call{layer_.name, LayerPrecision::fp16, {}, arithmetic_};
  const std::vector<Fp16Code> accumulators =
      run_pass(conv_, pass, streamed.data(), stationary.data(), call, gemm_);
  if (sink != nullptr) {
    sink->record({layer_, pass, call.arithmetic, conv_, nullptr, nullptr, &streamed, &stationary,
                  accumulators, 1.0F, 0});
  }
  return scaled(accumulators, 1.0F);
}

std::vector<float> GemmLayer::forward(const float* x, std::int64_t batch, const float* weights,
                                      const float* bias, float alpha, OperationSink* sink) {
  conv_ = conv_shape(layer_, batch);
  const auto count = static_cast<std::size_t>(batch * layer_.input_shape.elements());
  std::vector<float> y;
  if (layer_.precision == LayerPrecision::int4_fp4) {
    const SawbScale sawb = sawb_scale(weights, weight_count(layer_));
    weight_codes_ = quantised_weights(layer_, weights, sawb);
    weight_scale_ = sawb.alpha / 7.0F;
    x_scale_ = alpha / 15.0F;
    x_codes_.resize(count);
    pact_quantize_values(x, count, pact_reciprocal(alpha), x_codes_.data());
    y = multiply(GemmPass::forward, x_codes_, weight_codes_, x_scale_ * weight_scale_, 0, sink);
  } else {
    weight_values_ = encoded(weights, weight_count(layer_));
    x_values_ = encoded(x, count);
    y = multiply(GemmPass::forward, x_values_, weight_values_, sink);
  }
  if (bias != nullptr) bias_add(y.data(), batch, layer_.filters, bias, y.data());
  return y;
}

void GemmLayer::backward_nibbles(const std::vector<float>& dy, OperationSink* sink,
                                 Gradients& gradients) {
  const float largest = max_magnitude(dy.data(), dy.size());
  const std::optional<int> known = grad_scale_ ? grad_scale_ : grad_scale_initial(largest);
  const int gradscale = known.value_or(0);
  if (sink == nullptr) {
    grad_scale_ = known;
    vote_ = grad_scale_vote(largest, gradscale);
  }
  std::vector<NibbleCode> even(dy.size()), odd(dy.size());
  fp4_quantize_values(dy.data(), dy.size(), gradscale, even.data(), odd.data());
  const float unscale = std::ldexp(1.0F, -gradscale);
  if (needs_input_gradient()) {
    gradients.x =
        multiply(GemmPass::dgrad, even, weight_codes_, weight_scale_ * unscale, gradscale, sink);
  }
  gradients.weights = multiply(GemmPass::wgrad, odd, x_codes_, x_scale_ * unscale, gradscale, sink);
}

void GemmLayer::backward_fp16(const std::vector<float>& dy, OperationSink* sink,
                              Gradients& gradients) {
  const std::vector<Fp16Code> codes = encoded(dy.data(), dy.size());
  if (needs_input_gradient()) {
    gradients.x = multiply(GemmPass::dgrad, codes, weight_values_, sink);
  }
  gradients.weights = multiply(GemmPass::wgrad, codes, x_values_, sink);
}

GemmLayer::Gradients GemmLayer::backward(std::vector<float> dy, OperationSink* sink) {
  fp16_round(dy.data(), dy.size());
  Gradients gradients;
  if (layer_.precision == LayerPrecision::int4_fp4) {
    backward_nibbles(dy, sink, gradients);
  } else {
    backward_fp16(dy, sink, gradients);
  }
  if (layer_.bias) gradients.bias = column_sums(dy, layer_.filters);
  return gradients;
}

void GemmLayer::update_grad_scale() {
  if (grad_scale_) grad_scale_ = grad_scale_update(*grad_scale_, vote_);
  vote_ = 0;
}

LayerWeights GemmLayer::export_weights(const float* weights, const float* bias) const {
  LayerWeights entry;
  entry.name = layer_.name;
  entry.precision = layer_.precision;
  if (layer_.precision == LayerPrecision::int4_fp4) {
    const SawbScale sawb = sawb_scale(weights, weight_count(layer_));
    entry.codes = quantised_weights(layer_, weights, sawb);
    entry.weight_scale = sawb.alpha / 7.0F;
  } else {
    entry.values = encoded(weights, weight_count(layer_));
  }
  if (bias != nullptr) entry.bias.assign(bias, bias + layer_.filters);
  return entry;
}

}  // namespace nibble
