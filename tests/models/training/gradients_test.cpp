#include <cmath>
#include <random>

#include "models/quantize/fp4_quantize.h"
#include "models/quantize/pact.h"
#include "models/quantize/sawb.h"
#include "models/training/fp32_network.h"
#include "models/training/gemm_layer.h"
#include "models/training/sample_set.h"
#include "models/training/trained_network.h"
#include "tests/models/layers/small_network.h"
#include "tests/models/training/pattern_images.h"
#include "tests/models/training/torch_and_catch.h"

namespace nibble {
namespace {

using torch::Tensor;

double cosine(const Tensor& a, const Tensor& b) {
  const Tensor x = a.reshape({-1}).to(torch::kFloat64), y = b.reshape({-1}).to(torch::kFloat64);
  return (x.dot(y) / (x.norm() * y.norm())).item<double>();
}

/// Length of the difference, as a part of the wanted one's.
double distance(const Tensor& got, const Tensor& wanted) {
  return ((got - wanted).norm() / wanted.norm()).item<double>();
}

/// As a part of the wanted one's.
double length(const Tensor& got, const Tensor& wanted) {
  return (got.norm() / wanted.norm()).item<double>();
}

struct Gradients {
  Tensor logits;
  std::vector<Tensor> weights, norms;
};

Gradients gradients_of(TrainableNetwork& network) {
  const ImageSamples set(test::pattern_images(64, 1), test::pattern_grey());
  network.run(plain_batch(set, 0, 64));
  Gradients result;
  result.logits = torch::tensor(network.logits());
  for (const ParameterArray& parameter : network.parameters()) {
    const std::vector<float> gradient(parameter.gradient, parameter.gradient + parameter.count);
    if (parameter.kind == ParameterKind::weight) result.weights.push_back(torch::tensor(gradient));
    if (parameter.kind == ParameterKind::norm) result.norms.push_back(torch::tensor(gradient));
  }
  return result;
}

/// Channels last, libtorch's weights lie in memory as ours do, [K,R,S,C].
Gradients fp32_gradients(const Network& graph, const TrainingTask& task) {
  Fp32Network network(graph, task, 5);
  return gradients_of(network);
}

Gradients nibble4_gradients(const Network& graph, const TrainingTask& task) {
  TrainedNetwork network(graph, task, 5);
  return gradients_of(network);
}

TEST_CASE("With every layer in fp16 and no clipping, all gradients are those of FP32 autograd") {
  Network graph = test::small_network();
  for (Layer& layer : graph.layers) layer.precision = LayerPrecision::fp16;
  TrainingTask task = test::small_task();
  task.alpha_initial = 1000;
  const Gradients exact = fp32_gradients(graph, task);
  const Gradients ours = nibble4_gradients(graph, task);
  CHECK(cosine(ours.logits, exact.logits) > 0.99999);
  REQUIRE(ours.weights.size() == 5);
  REQUIRE(ours.norms.size() == 5);
  // fp16 has nine mantissa bits; what is left of a channel's gradient after the next batch norm
  // took its mean out is smallest for beta, and its rounding largest.
  for (std::size_t i = 0; i < ours.weights.size(); ++i) {
    INFO("weight " << i);
    CHECK(cosine(ours.weights[i], exact.weights[i]) > 0.997);
    CHECK(length(ours.weights[i], exact.weights[i]) == Approx(1).margin(0.02));
  }
  for (std::size_t i = 0; i < ours.norms.size(); ++i) {
    INFO("norm " << i);
    CHECK(cosine(ours.norms[i], exact.norms[i]) > 0.99);
    CHECK(length(ours.norms[i], exact.norms[i]) == Approx(1).margin(0.1));
  }
}

TEST_CASE("With 4-bit layers the gradients still point where FP32's do") {
  const TrainingTask task = test::small_task();
  const Gradients exact = fp32_gradients(test::small_network(), task);
  const Gradients ours = nibble4_gradients(test::small_network(), task);
  for (std::size_t i = 0; i < ours.weights.size(); ++i) {
    INFO("weight " << i);
    CHECK(cosine(ours.weights[i], exact.weights[i]) > 0.75);
    CHECK(cosine(ours.weights[i], exact.weights[i]) < 0.9999);  // it did quantise
    // PACT's clipping stops gradients that ReLU lets through.
    CHECK(length(ours.weights[i], exact.weights[i]) > 0.55);
    CHECK(length(ours.weights[i], exact.weights[i]) < 1.3);
  }
}

/// A GemmLayer and the tensors around it, with numbers in the place of codes.
class LayerBench {
 public:
  LayerBench(const Layer& description, std::int64_t samples)
      : samples_(samples), layer_(description, 0, {}, {}, slow_gemm, input_, output_) {
    input_.shape = description.input_shape;
    output_.shape = description.output_shape;
    output_.wants_values = true;
  }

  std::vector<float> forward(const std::vector<float>& x, const std::vector<float>& weights,
                             float alpha) {
    input_.begin(samples_);
    output_.begin(samples_);
    input_.alpha = alpha;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const Fp16Code code = fp16_from_float(x[i]);
      if (input_.wants_codes) input_.codes[i] = pact_quantize(code, pact_reciprocal(alpha));
      if (input_.wants_values) input_.values[i] = code;
    }
    layer_.weights().value = weights;
    TrainingPass pass;
    pass.samples = samples_;
    layer_.forward(pass);
    return decoded(output_.values);
  }

  /// dX; dW is weights().gradient.
  std::vector<float> backward(const std::vector<float>& dy) {
    input_.begin(samples_);
    output_.begin(samples_);
    fp16_from_floats(dy.data(), dy.size(), output_.new_gradient());
    output_.added_gradient();
    TrainingPass pass;
    pass.samples = samples_;
    layer_.backward(pass);
    return decoded(input_.gradient());
  }

  GemmLayer& layer() { return layer_; }
  const std::vector<float>& dweights() { return layer_.weights().gradient; }

 private:
  static std::vector<float> decoded(const std::vector<Fp16Code>& codes) {
    std::vector<float> values(codes.size());
    fp16_to_floats(codes.data(), codes.size(), values.data());
    return values;
  }

  std::int64_t samples_;
  LayerTensor input_, output_;
  GemmLayer layer_;
};

std::vector<float> random_values(std::mt19937_64& random, const Tensor& like, float spread) {
  std::normal_distribution<float> normal(0, spread);
  std::vector<float> values(static_cast<std::size_t>(like.numel()));
  for (float& value : values) value = fp16_to_float(fp16_from_float(normal(random)));
  return values;
}

Tensor exact(const std::vector<float>& values, const Tensor& like) {
  return torch::tensor(values, torch::kFloat64).reshape(like.sizes());
}

/// What quantising each value gives, as real numbers: codes times steps.
template <typename Quantise>
std::vector<float> quantised(std::vector<float> values, Quantise quantise) {
  for (float& value : values) value = quantise(value);
  return values;
}

/// What quantising a gradient gives, as a function from value to value.
auto rounded_to_fp4(Fp4Phase phase, int gradscale) {
  return [=](float value) {
    const NibbleCode code = fp4_quantize(fp16_from_float(value), phase, gradscale);
    return std::ldexp(static_cast<float>(fp4_units(code)), fp4_unit_exponent(phase) - gradscale);
  };
}

TEST_CASE("A layer's three passes are libtorch's convolution of the quantised operands") {
  std::mt19937_64 random(31);
  for (const LayerPrecision precision : {LayerPrecision::int4_fp4, LayerPrecision::fp16}) {
    for (const std::int64_t stride : {1, 2}) {
      Layer description = test::conv("conv", {0}, 5, 3, stride, precision);
      description.input_shape = {7, 6, 4};
      const std::int64_t p = stride == 1 ? 7 : 4, q = stride == 1 ? 6 : 3;
      description.output_shape = {p, q, 5};
      const Tensor x_like = torch::empty({3, 7, 6, 4}), w_like = torch::empty({5, 3, 3, 4});
      const Tensor y_like = torch::empty({3, p, q, 5});
      const float alpha = 1.5F;
      std::vector<float> x = random_values(random, x_like, 1);
      std::vector<float> w = random_values(random, w_like, 0.2F);
      std::vector<float> dy = random_values(random, y_like, 0.01F);

      LayerBench bench(description, 3);
      const std::vector<float> y = bench.forward(x, w, alpha);
      const std::vector<float> dx = bench.backward(dy);
      const std::vector<float> dw = bench.dweights();

      std::vector<float> dy_odd = dy;
      if (precision == LayerPrecision::int4_fp4) {
        const int g = bench.layer().grad_scale().value();
        const SawbScale sawb = sawb_scale(w.data(), w.size());
        x = quantised(x, [&](float value) {
          return static_cast<float>(pact_quantize(fp16_from_float(value), pact_reciprocal(alpha))) *
                 alpha / 15;
        });
        w = quantised(w, [&](float value) {
          return static_cast<float>(s4_value(sawb_quantize(value, sawb.reciprocal))) * sawb.alpha /
                 7;
        });
        dy_odd = quantised(dy, rounded_to_fp4(Fp4Phase::odd, g));
        dy = quantised(dy, rounded_to_fp4(Fp4Phase::even, g));
      }
      const auto planes = [](const Tensor& tensor) { return tensor.permute({0, 3, 1, 2}); };
      const Tensor tx = exact(x, x_like).set_requires_grad(true);
      const Tensor tw = exact(w, w_like).set_requires_grad(true);
      const Tensor ty = torch::conv2d(planes(tx), planes(tw), {}, stride, 1);
      const Tensor tdx = torch::autograd::grad({ty}, {tx}, {planes(exact(dy, y_like))}, true)[0];
      const Tensor tdw = torch::autograd::grad({ty}, {tw}, {planes(exact(dy_odd, y_like))})[0];
      INFO("precision " << static_cast<int>(precision) << ", stride " << stride);
      CHECK(distance(planes(exact(y, y_like)), ty) < 0.004);
      CHECK(distance(exact(dx, x_like), tdx) < 0.004);
      CHECK(distance(exact(dw, w_like), tdw) < 0.004);
    }
  }
}

/// A 1x1 convolution of one channel whose operands can be read off.
Layer point_layer() {
  Layer layer = test::conv("point", {0}, 1, 1, 1, LayerPrecision::int4_fp4);
  layer.input_shape = layer.output_shape = {1, 1, 1};
  return layer;
}

TEST_CASE("GradScale starts from the first gradient that is not zero and follows its votes") {
  LayerBench bench(point_layer(), 1);
  (void)bench.forward({1.0F}, {0.5F}, 2.0F);
  const auto step = [&](float dy) {
    (void)bench.backward({dy});
    bench.layer().finish_step();
    return bench.layer().grad_scale();
  };
  CHECK_FALSE(step(0).has_value());
  CHECK(step(0.75F) == 6);          // 0.75 * 2^6 = 48 lies in (32, 64]
  CHECK(step(0.0F) == 6);           // a zero tensor does not vote
  CHECK(step(0.25F) == 7);          // 16 is small: +1
  CHECK(step(0.25F) == 8);          // 32 still is
  CHECK(step(0.25F) == 8);          // 64 is right
  CHECK(step(0.26F) == 7);          // above 64: -1
  CHECK(step(std::nanf("")) == 6);  // NaN-infinity too
}

TEST_CASE("A 4-bit layer's results are its codes' products, scaled back once") {
  const float weight = 0.5F, alpha = 2.0F;
  LayerBench bench(point_layer(), 1);
  const std::vector<float> y = bench.forward({1.0F}, {weight}, alpha);
  const std::vector<float> dx = bench.backward({0.75F});
  const auto fp16 = [](float value) { return fp16_to_float(fp16_from_float(value)); };
  // x: code floor(7.5 + 1/2) = 8 of step 2/15. A lone weight clips at its own magnitude: code 7 of
  // step 0.5/7. dy * 2^6 = 48: even level 64, odd level 32.
  CHECK(y[0] == fp16(8 * 7 * (alpha / 15.0F * (weight / 7.0F))));
  CHECK(dx[0] == fp16(64 * 7 * (weight / 7.0F * 0x1p-6F)));
  CHECK(bench.dweights()[0] == fp16(32 * 8 * (alpha / 15.0F * 0x1p-6F)));
}

TEST_CASE("The fastest way to multiply gives the gradients of the readable one, bit for bit") {
  const TrainingTask task = test::small_task();
  TrainedNetwork fast(test::small_network(), task, 5);
  TrainedNetwork readable(test::small_network(), task, 5, slow_gemm);
  const Gradients a = gradients_of(fast), b = gradients_of(readable);
  CHECK(a.logits.equal(b.logits));
  for (std::size_t i = 0; i < a.weights.size(); ++i) CHECK(a.weights[i].equal(b.weights[i]));
  for (std::size_t i = 0; i < a.norms.size(); ++i) CHECK(a.norms[i].equal(b.norms[i]));
}

}  // namespace
}  // namespace nibble
