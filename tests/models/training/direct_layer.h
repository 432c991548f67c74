// What a module of torch_layers.h is held to: TrainedGemm called directly, on operands that are
// clipped and quantised element by element.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "models/layers/run_pass.h"
#include "models/quantize/pact.h"
#include "models/quantize/sawb.h"
#include "models/quantize/signed_pact.h"
#include "models/training/torch_layers.h"
#include "models/training/trained_gemm.h"

namespace nibble::test {

constexpr float kAlpha = 1.5F;

/// [N,C,H,W] element by element as [N,H,W,C].
inline std::vector<float> channels_last(const torch::Tensor& tensor) {
  const torch::Tensor values_only = tensor.detach();
  const auto from = values_only.accessor<float, 4>();
  std::vector<float> values;
  for (std::int64_t n = 0; n < tensor.size(0); ++n) {
    for (std::int64_t h = 0; h < tensor.size(2); ++h) {
      for (std::int64_t w = 0; w < tensor.size(3); ++w) {
        for (std::int64_t c = 0; c < tensor.size(1); ++c) values.push_back(from[n][c][h][w]);
      }
    }
  }
  return values;
}

inline std::vector<Fp16Code> fp16_codes(const std::vector<float>& values, float factor = 1.0F) {
  std::vector<Fp16Code> codes;
  codes.reserve(values.size());
  for (const float value : values) codes.push_back(fp16_from_float(value * factor));
  return codes;
}

/// A layer's three GEMMs by TrainedGemm, between PACT and straight-through weights.
class DirectLayer {
 public:
  DirectLayer(const ConvShape& conv, const ExactOptions& options)
      : conv_(conv),
        options_(options),
        gemm_("direct", 0, layer_formats(options.precision, options.recipe), options.arithmetic,
              options.recipe, {}) {
    pass_.samples = conv.n;
  }

  std::vector<float> forward(const std::vector<float>& x, const std::vector<float>& w) {
    x_values_ = clipped_ = fp16_codes(x);
    if (forward_is_int4(options_.precision)) {
      for (Fp16Code& value : clipped_) {
        const float low = options_.signed_input ? -kAlpha : 0.0F;
        value = fp16_from_float(std::clamp(fp16_to_float(value), low, kAlpha));
      }
    }
    w_values_ = fp16_codes(w);
    const SawbScale sawb = sawb_scale(w.data(), w.size());
    x_codes_.clear();
    w_codes_.clear();
    for (const Fp16Code value : x_values_) {
      x_codes_.push_back(options_.signed_input
                             ? signed_pact_quantize(value, signed_pact_reciprocal(kAlpha))
                             : pact_quantize(value, pact_reciprocal(kAlpha)));
    }
    for (const float weight : w) w_codes_.push_back(sawb_quantize(weight, sawb.reciprocal));
    if (gemm_.formats().takes_codes()) {
      const StationaryFormat integer =
          options_.signed_input ? StationaryFormat::s4 : StationaryFormat::u4;
      x_ = {&x_codes_, nullptr, kAlpha / (options_.signed_input ? 7.0F : 15.0F), integer};
      w_ = {&w_codes_, nullptr, sawb.alpha / 7.0F, StationaryFormat::s4};
    } else {
      x_ = {nullptr, &clipped_};
      w_ = {nullptr, &w_values_};
    }
    return result(GemmPass::forward, 1.0F,
                  [&](Fp16Code* y) { gemm_.forward(conv_, x_, w_, pass_, y); });
  }

  /// dx behind PACT, then dw.
  std::array<std::vector<float>, 2> backward(const std::vector<float>& dy) {
    dy_ = fp16_codes(dy, 1024.0F);
    gemm_.take_gradient(dy_, pass_);
    std::vector<float> dx =
        result(GemmPass::dgrad, 1024.0F, [&](Fp16Code* r) { gemm_.dgrad(conv_, w_, pass_, r); });
    for (std::size_t i = 0; i < dx.size() && forward_is_int4(options_.precision); ++i) {
      const float x = fp16_to_float(x_values_[i]);
      const float low = options_.signed_input ? -kAlpha : 0.0F;
      if (!(x > low && x < kAlpha)) dx[i] = 0.0F;
    }
    return {dx, result(GemmPass::wgrad, 1024.0F,
                       [&](Fp16Code* r) { gemm_.wgrad(conv_, x_, pass_, r); })};
  }

  void finish_step() {
    gemm_.finish_step();
    ++pass_.step;
  }
  [[nodiscard]] std::optional<int> grad_scale() const { return gemm_.grad_scale(); }

 private:
  template <typename Fill>
  [[nodiscard]] std::vector<float> result(GemmPass pass, float divisor, const Fill& fill) const {
    std::vector<Fp16Code> codes(static_cast<std::size_t>(result_elements(conv_, pass)));
    fill(codes.data());
    std::vector<float> values;
    values.reserve(codes.size());
    for (const Fp16Code code : codes) values.push_back(fp16_to_float(code) / divisor);
    return values;
  }

  ConvShape conv_;
  ExactOptions options_;
  TrainedGemm gemm_;
  TrainingPass pass_;
  GemmOperand x_, w_;
  std::vector<Fp16Code> x_values_, clipped_, w_values_, dy_;
  std::vector<NibbleCode> x_codes_, w_codes_;
};

}  // namespace nibble::test
