#include "models/training/gemm_layer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "models/layers/elementwise.h"
#include "models/layers/fp16_values.h"
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
  fp16_from_floats(values, count, codes.data());
  return codes;
}

/// Sum over all rows of [rows, channels], in index order.
void column_sums(const float* values, std::size_t count, std::int64_t channels, float* sums) {
  std::fill_n(sums, channels, 0.0F);
  for (std::size_t row = 0; row < count; row += static_cast<std::size_t>(channels)) {
    for (std::int64_t c = 0; c < channels; ++c)
      sums[c] += values[row + static_cast<std::size_t>(c)];
  }
}

}  // namespace

GemmLayer::GemmLayer(const Layer& layer, const GemmArithmetic& arithmetic, GemmFunction gemm)
    : layer_(layer), arithmetic_(arithmetic), gemm_(std::move(gemm)) {}

void GemmLayer::multiply(GemmPass pass, const std::vector<NibbleCode>& streamed,
                         const std::vector<NibbleCode>& stationary, float scale, int gradscale,
                         OperationSink* sink, float* result) const {
  const GemmCall call{
      layer_.name, LayerPrecision::int4_fp4, {}, pass_arithmetic(pass, arithmetic_)};
  const std::vector<Fp16Code> accumulators =
      run_pass(conv_, pass, streamed.data(), stationary.data(), call, gemm_);
  if (sink != nullptr) {
    sink->record({layer_, pass, call.arithmetic, conv_, &streamed, &stationary, nullptr, nullptr,
                  accumulators, scale, gradscale});
  }
  scale_accumulators(accumulators.data(), accumulators.size(), scale, result);
}

void GemmLayer::multiply(GemmPass pass, const std::vector<Fp16Code>& streamed,
                         const std::vector<Fp16Code>& stationary, OperationSink* sink,
                         float* result) const {
  const GemmCall call{layer_.name, LayerPrecision::fp16, {}, arithmetic_};
  const std::vector<Fp16Code> accumulators =
      run_pass(conv_, pass, streamed.data(), stationary.data(), call, gemm_);
  if (sink != nullptr) {
    sink->record({layer_, pass, call.arithmetic, conv_, nullptr, nullptr, &streamed, &stationary,
                  accumulators, 1.0F, 0});
  }
  fp16_to_floats(accumulators.data(), accumulators.size(), result);
}

void GemmLayer::forward(const float* x, std::int64_t batch, const float* weights, const float* bias,
                        float alpha, OperationSink* sink, float* y) {
  conv_ = conv_shape(layer_, batch);
  const auto count = static_cast<std::size_t>(batch * layer_.input_shape.elements());
  if (layer_.precision == LayerPrecision::int4_fp4) {
    const SawbScale sawb = sawb_scale(weights, weight_count(layer_));
    weight_codes_ = quantised_weights(layer_, weights, sawb);
    weight_scale_ = sawb.alpha / 7.0F;
    x_scale_ = alpha / 15.0F;
    x_codes_.resize(count);
    pact_quantize_values(x, count, pact_reciprocal(alpha), x_codes_.data());
    multiply(GemmPass::forward, x_codes_, weight_codes_, x_scale_ * weight_scale_, 0, sink, y);
  } else {
    weight_values_ = encoded(weights, weight_count(layer_));
    x_values_ = encoded(x, count);
    multiply(GemmPass::forward, x_values_, weight_values_, sink, y);
  }
  if (bias != nullptr) bias_add(y, batch, layer_.filters, bias, y);
}

void GemmLayer::backward_nibbles(const float* dy, OperationSink* sink, float* dx, float* dweights) {
  const float largest = max_magnitude(dy, output_count());
  const std::optional<int> known = grad_scale_ ? grad_scale_ : grad_scale_initial(largest);
  const int gradscale = known.value_or(0);
  if (sink == nullptr) {
    grad_scale_ = known;
    vote_ = grad_scale_vote(largest, gradscale);
  }
  std::vector<NibbleCode> even(output_count()), odd(output_count());
  fp4_quantize_values(dy, output_count(), gradscale, even.data(), odd.data());
  const float unscale = std::ldexp(1.0F, -gradscale);
  if (needs_input_gradient()) {
    multiply(GemmPass::dgrad, even, weight_codes_, weight_scale_ * unscale, gradscale, sink, dx);
  }
  multiply(GemmPass::wgrad, odd, x_codes_, x_scale_ * unscale, gradscale, sink, dweights);
}

void GemmLayer::backward_fp16(const float* dy, OperationSink* sink, float* dx, float* dweights) {
  const std::vector<Fp16Code> codes = encoded(dy, output_count());
  if (needs_input_gradient()) multiply(GemmPass::dgrad, codes, weight_values_, sink, dx);
  multiply(GemmPass::wgrad, codes, x_values_, sink, dweights);
}

void GemmLayer::backward(const float* dy, OperationSink* sink, float* dx, float* dweights,
                         float* dbias) {
  if (layer_.precision == LayerPrecision::int4_fp4) {
    backward_nibbles(dy, sink, dx, dweights);
  } else {
    backward_fp16(dy, sink, dx, dweights);
  }
  if (dbias != nullptr) column_sums(dy, output_count(), layer_.filters, dbias);
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
