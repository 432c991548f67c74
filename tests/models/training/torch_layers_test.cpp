// Modules for a libtorch program against TrainedGemm called directly, on operands quantised here.
#include "models/training/torch_layers.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <sstream>

#include "tests/models/training/direct_layer.h"
#include "tests/models/training/torch_and_catch.h"

namespace nibble {
namespace {

using test::channels_last;
using test::DirectLayer;
using test::kAlpha;
using torch::Tensor;

struct ConvCase {
  std::int64_t c, k, kernel, stride, padding, groups, size;
};

ConvShape shape_of(const ConvCase& which, std::int64_t samples) {
  ConvShape shape;
  shape.n = samples;
  shape.c = which.c;
  shape.h = shape.w = which.size;
  shape.k = which.k;
  shape.r = shape.s = which.kernel;
  shape.stride = which.stride;
  shape.padding = which.padding;
  shape.groups = which.groups;
  return shape;
}

/// All recipes and precisions that differ in a GEMM's operands.
std::vector<ExactOptions> all_options() {
  std::vector<ExactOptions> all;
  for (const LayerPrecision precision :
       {LayerPrecision::int4_fp4, LayerPrecision::fp16, LayerPrecision::fp8,
        LayerPrecision::int4_fp8, LayerPrecision::int4_fp16, LayerPrecision::int4_fp4_dw_fp8,
        LayerPrecision::int4_fp8_dw_fp4}) {
    ExactOptions options;
    options.precision = precision;
    options.alpha_initial = kAlpha;
    all.push_back(options);
  }
  ExactOptions other = all.front();
  other.signed_input = true;
  all.push_back(other);
  other.recipe.wgrad.grid = GradientGrid::radix4_even;
  all.push_back(other);
  other.recipe.scaling = RecipeScaling::tensor_max;
  other.arithmetic.chunk_len = 32;
  all.push_back(other);
  other.recipe.blocks = kBlockRecipes[0];
  all.push_back(other);
  return all;
}

/// A few steps of plain gradient descent.
template <typename Module>
void hold_to_direct(Module& module, const ConvShape& conv, const ExactOptions& options,
                    const std::vector<std::int64_t>& input, bool linear) {
  const auto filters = [&](const Tensor& tensor) {
    return channels_last(linear ? tensor.reshape({conv.k, conv.c, 1, 1}) : tensor);
  };
  const auto images = [&](const Tensor& tensor) {
    return channels_last(linear ? tensor.reshape({conv.n, -1, 1, 1}) : tensor);
  };
  DirectLayer direct(conv, options);
  Tensor weight = module.named_parameters()["weight"];
  for (int step = 0; step < 3; ++step) {
    INFO("step " << step);
    const Tensor x = (torch::randn(input) * 1.2).requires_grad_(true);
    const Tensor y = module.forward(x);
    CHECK(images(y) == direct.forward(images(x), filters(weight)));
    const Tensor dy = torch::randn_like(y) * (0.01 * std::pow(40.0, step));
    weight.mutable_grad() = Tensor();
    y.backward(dy);
    const auto [dx, dw] = direct.backward(images(dy));
    CHECK(images(x.grad()) == dx);
    CHECK(filters(weight.grad()) == dw);
    const auto* scale = module.named_buffers().find("gradscale");
    CHECK((scale != nullptr) == direct.grad_scale().has_value());
    if (scale != nullptr) CHECK(scale->template item<float>() == direct.grad_scale().value());
    direct.finish_step();
    const torch::NoGradGuard guard;
    weight -= weight.grad() * 0.1;
  }
}

TEST_CASE(
    "A convolution's forward pass and gradients are TrainedGemm's, bit for bit, step by step") {
  torch::manual_seed(2020);
  const ConvCase cases[] = {{5, 7, 3, 1, 1, 1, 6}, {8, 6, 3, 2, 1, 2, 7}, {9, 4, 1, 1, 0, 1, 4}};
  for (const ConvCase& which : cases) {
    for (const ExactOptions& options : all_options()) {
      INFO("kernel " << which.kernel << ", precision " << static_cast<int>(options.precision));
      ExactConv2d module(torch::nn::Conv2dOptions(which.c, which.k, which.kernel)
                             .stride(which.stride)
                             .padding(which.padding)
                             .groups(which.groups)
                             .bias(false),
                         options);
      hold_to_direct(module, shape_of(which, 3), options, {3, which.c, which.size, which.size},
                     false);
    }
  }
}

TEST_CASE("A linear layer's forward pass and gradients are TrainedGemm's, bit for bit") {
  torch::manual_seed(2021);
  for (const ExactOptions& options : all_options()) {
    INFO("precision " << static_cast<int>(options.precision));
    ExactLinear module(torch::nn::LinearOptions(70, 11).bias(false), options);
    hold_to_direct(module, shape_of({70, 11, 1, 1, 0, 1, 1}, 6), options, {2, 3, 70}, true);
  }
}

double distance(const Tensor& got, const Tensor& wanted) {
  return (got - wanted).norm().item<double>() / wanted.norm().item<double>();
}

ExactOptions in_fp16() {
  ExactOptions options;
  options.precision = LayerPrecision::fp16;
  return options;
}

TEST_CASE("Biases and PACT's alpha have the gradients that autograd finds") {
  torch::manual_seed(2022);
  ExactLinear linear(torch::nn::LinearOptions(6, 4), in_fp16());
  ExactConv2d conv(torch::nn::Conv2dOptions(6, 4, 1), in_fp16());
  const Tensor x = torch::randn({5, 6});
  linear.forward(x).square().sum().backward();
  conv.forward(x.reshape({5, 6, 1, 1})).square().sum().backward();
  const Tensor weight = linear.named_parameters()["weight"].detach().requires_grad_(true);
  const Tensor bias = torch::zeros({4}).requires_grad_(true);
  torch::linear(x, weight, bias).square().sum().backward();
  CHECK(distance(linear.named_parameters()["bias"].grad(), bias.grad()) < 0.005);
  const Tensor kernel = conv.named_parameters()["weight"].detach();
  const Tensor conv_bias = torch::zeros({4}).requires_grad_(true);
  torch::linear(x, kernel.reshape({4, 6}), conv_bias).square().sum().backward();
  const Tensor found = conv.named_parameters()["bias"].grad();
  REQUIRE(found.dim() == 3);
  CHECK(distance(found.flatten(), conv_bias.grad()) < 0.01);

  ExactOptions options;
  options.alpha_initial = 0.5;
  ExactLinear clipped(torch::nn::LinearOptions(6, 4), options);
  clipped.forward(x).sum().backward();
  // Of the sum, dY is 1, which FP4 holds; what is multiplied are SAWB's weights.
  const Tensor weights = clipped.named_parameters()["weight"].detach().contiguous();
  const auto count = static_cast<std::size_t>(weights.numel());
  const SawbScale sawb = sawb_scale(weights.data_ptr<float>(), count);
  Tensor rounded = torch::empty_like(weights);
  for (std::size_t i = 0; i < count; ++i) {
    const int level = s4_value(sawb_quantize(weights.data_ptr<float>()[i], sawb.reciprocal));
    rounded.data_ptr<float>()[i] = static_cast<float>(level) * sawb.alpha / 7.0F;
  }
  const Tensor alpha = torch::full({1}, 0.5F).requires_grad_(true);
  torch::linear(torch::where(x < alpha, x.relu(), alpha), rounded).sum().backward();
  REQUIRE(std::abs(alpha.grad().item<float>()) > 0.1F);
  CHECK(clipped.named_parameters()["pact_alpha"].grad().item<float>() ==
        Approx(alpha.grad().item<float>()).epsilon(0.005));
}

TEST_CASE("A layer that ran again, for other images, still finds the way back of its first pass") {
  const auto gradients = [](bool again) {
    torch::manual_seed(7);
    ExactConv2d conv(torch::nn::Conv2dOptions(3, 4, 3).bias(false), {});
    const Tensor x = torch::rand({2, 3, 8, 8}).requires_grad_(true);
    const Tensor y = conv.forward(x);
    if (again) (void)conv.forward(torch::rand({5, 3, 6, 9}));
    y.square().mean().backward();
    return std::array<Tensor, 2>{x.grad(), conv.named_parameters()["weight"].grad()};
  };
  const auto once = gradients(false), twice = gradients(true);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(once.at(i).abs().sum().item<float>() > 0);
    CHECK(once.at(i).equal(twice.at(i)));
  }
}

TEST_CASE("A saved layer that is loaded goes on as if it had never stopped") {
  torch::manual_seed(8);
  const auto learn = [](ExactLinear& layer, const Tensor& x) {
    layer.zero_grad();
    layer.forward(x).square().mean().backward();
    const torch::NoGradGuard guard;
    for (Tensor& parameter : layer.parameters()) parameter -= parameter.grad() * 0.5;
  };
  const auto saved = std::make_shared<ExactLinear>(torch::nn::LinearOptions(9, 5), ExactOptions());
  const auto loaded = std::make_shared<ExactLinear>(torch::nn::LinearOptions(9, 5), ExactOptions());
  const Tensor x = torch::rand({4, 9});
  for (int step = 0; step < 3; ++step) learn(*saved, x);
  (void)saved->forward(x);  // counts the last step's vote
  std::stringstream file;
  torch::save(saved, file);
  auto target = loaded;
  torch::load(target, file);
  CHECK(loaded->named_buffers()["gradscale"].item<float>() ==
        saved->named_buffers()["gradscale"].item<float>());
  for (int step = 0; step < 3; ++step) {
    learn(*saved, x);
    learn(*loaded, x);
  }
  CHECK(saved->forward(x).equal(loaded->forward(x)));
  CHECK_FALSE(std::isnan(loaded->named_buffers()["gradscale"].item<float>()));
}

TEST_CASE("What an exact layer cannot take is refused in words") {
  using Catch::Contains;
  using Conv = torch::nn::Conv2dOptions;
  ExactOptions fp32;
  fp32.recipe.arithmetic = TrainingArithmetic::fp32;
  CHECK_THROWS_WITH(ExactLinear(torch::nn::LinearOptions(2, 2), fp32), Contains("fp32"));
  CHECK_THROWS_WITH(ExactConv2d(Conv(2, 2, {3, 5}), {}), Contains("sides of its kernel"));
  CHECK_THROWS_WITH(ExactConv2d(Conv(2, 2, 3).dilation(2), {}), Contains("dilation"));
  CHECK_THROWS_WITH(ExactConv2d(Conv(2, 2, 3).padding(torch::kSame), {}), Contains("zeros"));
  CHECK_THROWS_WITH(ExactConv2d(Conv(3, 2, 3).groups(2), {}), Contains("groups"));
  ExactLinear linear(torch::nn::LinearOptions(4, 2), {});
  CHECK_THROWS_WITH(linear.forward(torch::rand({3, 5})), Contains("4 input channels was given 5"));
  CHECK_THROWS_WITH(linear.forward(torch::rand({3, 4}).to(torch::kFloat64)), Contains("binary32"));
  CHECK_THROWS_WITH(linear.forward(torch::rand({})), Contains("[...,C]"));
  linear.to(torch::kFloat64);
  CHECK_THROWS_WITH(linear.forward(torch::rand({3, 4})), Contains("binary32"));
  CHECK_THROWS_WITH(ExactLstm(4, 4, {}).forward(torch::rand({3, 4})), Contains("[N,T,C]"));
}

TEST_CASE("The example program's mixed network learns: its loss falls to a tenth") {
  std::FILE* pipe = popen(NIBBLE_TORCH_EXAMPLE, "r");
  REQUIRE(pipe != nullptr);
  int step = 0;
  float loss = 0, first = 0;
  while (std::fscanf(pipe, "%d %f", &step, &loss) == 2) {
    if (step == 0) first = loss;
  }
  CHECK(pclose(pipe) == 0);
  CHECK(step == 99);
  CHECK(first > 1.0F);
  CHECK(loss < 0.1F * first);
}

}  // namespace
}  // namespace nibble
