// ExactLstm and ExactSelfAttention against the same layers of libtorch's own operations, in
// binary32 and with gradients straight through the rounding of their operands.
#include <cmath>
#include <string>
#include <vector>

#include "models/formats/int4.h"
#include "models/quantize/sawb.h"
#include "models/training/torch_layers.h"
#include "tests/models/training/torch_and_catch.h"

namespace nibble {
namespace {

using torch::Tensor;
using Parameters = torch::OrderedDict<std::string, Tensor>;

constexpr LayerPrecision kPrecisions[] = {LayerPrecision::fp16, LayerPrecision::int4_fp16};

ExactOptions in_precision(LayerPrecision precision) {
  ExactOptions options;
  options.precision = precision;
  options.alpha_initial = 0.5;  // every clip has something to clip
  return options;
}

double distance(const Tensor& got, const Tensor& wanted) {
  return (got - wanted).norm().item<double>() / wanted.norm().item<double>();
}

/// The parameters of a module that this emulates, as leaves of their own, and its operands.
class Emulated {
 public:
  Emulated(const Parameters& parameters, LayerPrecision precision)
      : is_int4_(precision != LayerPrecision::fp16) {
    for (const auto& item : parameters) {
      own_.insert(item.key(), item.value().detach().clone().requires_grad_(true));
    }
  }

  [[nodiscard]] const Parameters& parameters() const { return own_; }

  /// Codes of [-alpha, alpha] or, unsigned, of [0, alpha], whose alpha is a parameter.
  [[nodiscard]] Tensor clipped(const Tensor& x, const std::string& alpha, bool is_signed) const {
    return is_int4_ ? clipped_at(x, own_[alpha], is_signed) : x;
  }

  /// An LSTM's h, which lies within [-1, 1].
  [[nodiscard]] Tensor hidden(const Tensor& h) const {
    return is_int4_ ? clipped_at(h, torch::ones({1}), true) : h;
  }

  /// SAWB's codes of a weight.
  [[nodiscard]] Tensor weight(const std::string& name) const {
    const Tensor& whole = own_[name];
    if (!is_int4_) return whole;
    Tensor codes = whole.detach().clone().contiguous();
    float* const values = codes.data_ptr<float>();
    const auto count = static_cast<std::size_t>(codes.numel());
    const SawbScale sawb = sawb_scale(values, count);
    for (std::size_t i = 0; i < count; ++i) {
      const int level = s4_value(sawb_quantize(values[i], sawb.reciprocal));
      values[i] = static_cast<float>(level) * sawb.alpha / 7.0F;
    }
    return straight_through(whole, codes);
  }

 private:
  /// The value of `rounded`, the gradient of `x`.
  static Tensor straight_through(const Tensor& x, const Tensor& rounded) {
    return x + (rounded - x).detach();
  }

  static Tensor clipped_at(const Tensor& x, const Tensor& alpha, bool is_signed) {
    // At alpha itself the gradient is alpha's.
    const Tensor below = torch::where(x < alpha, x, alpha);
    const Tensor inside = is_signed ? torch::where(x > -alpha, below, -alpha) : below.relu();
    const Tensor step = alpha / (is_signed ? 7.0 : 15.0);
    return straight_through(inside, torch::round(inside / step) * step);
  }

  bool is_int4_;
  Parameters own_;
};

/// Each alpha another, or products of codes are halves of a code, which ties break by their own
/// rule.
void spread_alphas(const Parameters& parameters) {
  const torch::NoGradGuard guard;
  double factor = 1;
  for (const auto& item : parameters) {
    if (item.key().find("alpha") != std::string::npos) item.value().mul_(factor *= 1.07);
  }
}

/// Values and gradients, of the input and of every parameter, are near.
void hold_to(const Emulated& emulated, const Parameters& own, const Tensor& x, const Tensor& y,
             const Tensor& also_x, const Tensor& wanted) {
  CHECK(distance(y, wanted) < 0.01);
  y.square().sum().backward();
  wanted.square().sum().backward();
  CHECK(distance(x.grad(), also_x.grad()) < 0.03);
  // The softmax does not see the keys' bias: what rounding leaves of its gradient is near nothing.
  const double nothing = 0.001 * also_x.grad().norm().item<double>();
  for (const auto& item : own) {
    INFO(item.key());
    const Tensor& wanted_gradient = emulated.parameters()[item.key()].grad();
    CHECK((item.value().grad() - wanted_gradient).norm().item<double>() <
          0.03 * wanted_gradient.norm().item<double>() + nothing);
  }
}

/// Gates in libtorch's order: input, forget, cell, output.
Tensor emulated_lstm(const Emulated& layer, const Tensor& x, std::int64_t hidden) {
  const Tensor operand = layer.clipped(x, "pact_alpha", true);
  Tensor h = torch::zeros({x.size(0), hidden}), c = torch::zeros({x.size(0), hidden});
  std::vector<Tensor> states;
  for (std::int64_t step = 0; step < x.size(1); ++step) {
    const Tensor gates =
        torch::linear(operand.select(1, step), layer.weight("weight"), layer.parameters()["bias"]) +
        torch::linear(layer.hidden(h), layer.weight("hidden_weight"));
    const std::vector<Tensor> parts = gates.chunk(4, 1);
    c = parts[1].sigmoid() * c + parts[0].sigmoid() * parts[2].tanh();
    h = parts[3].sigmoid() * c.tanh();
    states.push_back(h);
  }
  return torch::stack(states, 1);
}

TEST_CASE("An LSTM is libtorch's on rounded operands but for fp16, its gradients too") {
  constexpr std::int64_t kHidden = 12;
  for (const LayerPrecision precision : kPrecisions) {
    INFO("precision " << static_cast<int>(precision));
    torch::manual_seed(2023);
    ExactLstm ours(10, kHidden, in_precision(precision));
    const Tensor x = torch::randn({3, 6, 10}).requires_grad_(true);
    const Tensor also_x = x.detach().clone().requires_grad_(true);
    const Emulated emulated(ours.named_parameters(), precision);
    hold_to(emulated, ours.named_parameters(), x, ours.forward(x), also_x,
            emulated_lstm(emulated, also_x, kHidden));
  }
}

TEST_CASE("The emulated LSTM in fp16 is torch::nn::LSTM") {
  torch::manual_seed(2024);
  ExactLstm ours(5, 4, in_precision(LayerPrecision::fp16));
  const Emulated emulated(ours.named_parameters(), LayerPrecision::fp16);
  torch::nn::LSTM theirs(torch::nn::LSTMOptions(5, 4).batch_first(true));
  {
    const torch::NoGradGuard guard;
    auto parameters = theirs->named_parameters();
    parameters["weight_ih_l0"].copy_(emulated.parameters()["weight"]);
    parameters["weight_hh_l0"].copy_(emulated.parameters()["hidden_weight"]);
    parameters["bias_ih_l0"].copy_(emulated.parameters()["bias"]);
    parameters["bias_hh_l0"].zero_();
  }
  const Tensor x = torch::randn({2, 7, 5});
  CHECK(distance(emulated_lstm(emulated, x, 4), std::get<0>(theirs->forward(x))) < 1e-5);
}

Tensor emulated_attention(const Emulated& layer, const Tensor& x, std::int64_t heads, bool causal) {
  const std::int64_t samples = x.size(0), length = x.size(1), features = x.size(2);
  const Tensor operand = layer.clipped(x, "pact_alpha", true);
  const auto projected = [&](const std::string& name) {
    const Tensor y =
        torch::linear(operand, layer.weight(name + "_weight"), layer.parameters()[name + "_bias"]);
    return layer.clipped(y, name + "_pact_alpha", true)
        .reshape({samples, length, heads, features / heads})
        .transpose(1, 2);
  };
  Tensor scores = projected("query").matmul(projected("key").transpose(2, 3)) /
                  std::sqrt(static_cast<double>(features) / static_cast<double>(heads));
  if (causal) {
    const Tensor hidden = torch::ones({length, length}, torch::kBool).triu(1);
    scores = scores.masked_fill(hidden, -1e9);
  }
  const Tensor weights = layer.clipped(scores.softmax(3), "softmax_pact_alpha", false);
  const Tensor context =
      weights.matmul(projected("value")).transpose(1, 2).reshape({samples, length, features});
  return torch::linear(layer.clipped(context, "context_pact_alpha", true),
                       layer.weight("output_weight"), layer.parameters()["output_bias"]);
}

TEST_CASE("Self-attention is libtorch's on rounded operands but for fp16, of any length") {
  for (const LayerPrecision precision : kPrecisions) {
    for (const bool causal : {false, true}) {
      torch::manual_seed(2025);
      ExactSelfAttention ours(8, 2, causal, in_precision(precision));
      spread_alphas(ours.named_parameters());
      for (const std::int64_t length : {5, 3}) {
        INFO("precision " << static_cast<int>(precision) << ", length " << length);
        const Tensor x = torch::randn({2, length, 8}).requires_grad_(true);
        const Tensor also_x = x.detach().clone().requires_grad_(true);
        const Emulated emulated(ours.named_parameters(), precision);
        ours.zero_grad();
        hold_to(emulated, ours.named_parameters(), x, ours.forward(x), also_x,
                emulated_attention(emulated, also_x, 2, causal));
      }
    }
  }
}

/// In about the same direction and not half as long, as zeros make them; but not the same: they
/// have 4 bits.
void hold_near(const Tensor& fp16, const Tensor& fp4) {
  const double cosine = torch::cosine_similarity(fp16.flatten(), fp4.flatten(), 0).item<double>();
  const double length = (fp4.norm() / fp16.norm()).item<double>();
  CHECK(cosine > 0.7);
  CHECK(cosine < 0.9999);
  CHECK(length > 0.5);
  CHECK(length < 1.2);
}

template <typename Layer>
void hold_fp4_gradients(Layer& fp16, Layer& fp4, std::int64_t features) {
  {
    const torch::NoGradGuard guard;
    auto parameters = fp4.named_parameters();
    for (const auto& item : fp16.named_parameters()) parameters[item.key()].copy_(item.value());
  }
  const Tensor x = torch::randn({4, 9, features}).requires_grad_(true);
  const Tensor also_x = x.detach().clone().requires_grad_(true);
  const Tensor y = fp16.forward(x), also_y = fp4.forward(also_x);
  CHECK(y.equal(also_y));
  y.square().sum().backward();
  also_y.square().sum().backward();
  hold_near(x.grad(), also_x.grad());
  for (const auto& item : fp16.named_parameters()) {
    INFO(item.key());
    const bool is_weight = item.key().find("weight") != std::string::npos;
    if (is_weight) hold_near(item.value().grad(), fp4.named_parameters()[item.key()].grad());
  }
}

TEST_CASE("With gradients in FP4 a sequence's layers yield the same and learn in about that way") {
  torch::manual_seed(2026);
  const ExactOptions fp16 = in_precision(LayerPrecision::int4_fp16);
  const ExactOptions fp4 = in_precision(LayerPrecision::int4_fp4);
  ExactLstm lstm(10, 12, fp16), lstm4(10, 12, fp4);
  hold_fp4_gradients(lstm, lstm4, 10);
  ExactSelfAttention attention(8, 2, true, fp16), attention4(8, 2, true, fp4);
  hold_fp4_gradients(attention, attention4, 8);
}

}  // namespace
}  // namespace nibble
