// Every format's three GEMMs against an oracle, and a layer's gradscale over its passes.
#include "models/training/trained_gemm.h"

#include <catch2/catch.hpp>

#include "models/quantize/fp4_quantize.h"
#include "tests/models/training/gemm_oracle.h"

namespace nibble {
namespace {

using namespace test;

/// As codes that were made elsewhere where the layer takes those.
void take(TrainedGemm& gemm, const std::vector<Fp16Code>& dy, const TrainingPass& pass) {
  const std::optional<Fp4Phases> phases = gemm.phases(dy.size(), pass);
  if (!phases) return gemm.take_gradient(dy, pass);
  gemm.take_phases(
      fp4_quantize_phases(dy.data(), dy.size(), phases->gradscale, phases->even, phases->odd),
      pass);
}

/// Three steps with gradients of different sizes, by the fastest and the readable GEMM.
void check_steps(const ConvShape& shape, LayerPrecision precision, const TrainingRecipe& recipe,
                 const LayerArithmetic& arithmetic = {},
                 StationaryFormat integer = StationaryFormat::u4) {
  for (const GemmFunction& way : {GemmFunction{}, GemmFunction{slow_gemm}}) {
    Oracle oracle(shape, precision, recipe, arithmetic, integer);
    TrainedGemm gemm("layer", kIndex, layer_formats(precision, recipe), arithmetic, recipe, way);
    std::optional<int> gradscale;
    TrainingPass pass;
    pass.seed = 77;
    for (const float spread : {0.01F, 0.002F, 0.3F}) {
      ++pass.step;
      const std::vector<Fp16Code> dy = oracle.gradient(spread);
      float largest = 0;
      for (const Fp16Code code : dy) largest = std::max(largest, std::fabs(fp16_to_float(code)));
      if (oracle.has_grad_scale() && !gradscale) gradscale = grad_scale_initial(largest);
      oracle.begin(pass, gradscale.value_or(0));
      std::vector<Fp16Code> y(dy.size()), dx(oracle.forward().size());
      gemm.forward(shape, oracle.x(), oracle.w(), pass, y.data());
      CHECK(y == oracle.forward());
      take(gemm, dy, pass);
      const std::vector<Fp16Code> wanted_dx = oracle.dgrad(dy), wanted_dw = oracle.wgrad(dy);
      dx.assign(wanted_dx.size(), 0);
      gemm.dgrad(shape, oracle.w(), pass, dx.data());
      CHECK(dx == wanted_dx);
      std::vector<Fp16Code> dw(wanted_dw.size());
      gemm.wgrad(shape, oracle.x(), pass, dw.data());
      CHECK(dw == wanted_dw);
      gemm.finish_step();
      if (gradscale) {
        gradscale = grad_scale_update(*gradscale, grad_scale_vote(largest, *gradscale));
      }
      CHECK(gemm.grad_scale() == gradscale);
    }
  }
}

TEST_CASE("Each precision multiplies what its name says, blocks in the place of 4 bits") {
  for (const LayerPrecision precision : kPrecisions) {
    for (const bool blocks : {false, true}) {
      TrainingRecipe recipe;
      if (blocks) recipe.blocks = kBlockRecipes[0];
      const LayerFormats wanted = table_formats(precision, blocks);
      const LayerFormats got = layer_formats(precision, recipe);
      INFO("precision " << static_cast<int>(precision) << ", blocks " << blocks);
      CHECK(got.forward == wanted.forward);
      CHECK(got.dgrad == wanted.dgrad);
      CHECK(got.wgrad == wanted.wgrad);
    }
  }
}

TEST_CASE("Every precision's three GEMMs are its operands' products, rounded where they should") {
  for (const LayerPrecision precision : kPrecisions) {
    for (const ConvShape& shape : kShapes) {
      for (const StationaryFormat integer : {StationaryFormat::u4, StationaryFormat::s4}) {
        INFO("precision " << static_cast<int>(precision) << ", k " << shape.k << ", X "
                          << static_cast<int>(integer));
        check_steps(shape, precision, {}, {}, integer);
      }
    }
  }
}

TEST_CASE("Every gradient format, rounding, scaling and correction reaches both gradient GEMMs") {
  std::size_t shape = 0;
  const auto check = [&](const TrainingRecipe& recipe) {
    INFO(recipe.name << ", scaling " << static_cast<int>(recipe.scaling));
    check_steps(kShapes[shape++ % kShapes.size()], LayerPrecision::int4_fp4, recipe);
    check_steps(kShapes[0], LayerPrecision::int4_fp4_dw_fp8, recipe);
  };
  for (const GradientFormat& format : kGradientFormats) {
    TrainingRecipe recipe;
    recipe.name = format.name;
    recipe.dgrad = {format.dgrad, format.rounding, 1.0F};
    recipe.wgrad = {format.wgrad, format.rounding, 1.0F};
    for (const RecipeScaling scaling : {RecipeScaling::grad_scale, RecipeScaling::tensor_max,
                                        RecipeScaling::global, RecipeScaling::none}) {
      recipe.scaling = scaling;
      check(recipe);
    }
  }
  TrainingRecipe recipe;
  recipe.name = "one phase stochastic";
  recipe.wgrad.rounding = GradientRounding::stochastic;
  recipe.correction = GradientCorrection::magnitude;
  check(recipe);
  recipe.name = "underflow";
  recipe.dgrad.rounding = recipe.wgrad.rounding = GradientRounding::underflow;
  recipe.correction = GradientCorrection::projection;
  recipe.wgrad.gain = 1.125F;
  check(recipe);
}

TEST_CASE("Block formats quantise the operands of every GEMM along its k") {
  for (const BlockRecipe& blocks : kBlockRecipes) {
    TrainingRecipe recipe;
    recipe.blocks = blocks;
    for (const ConvShape& shape : kShapes) {
      INFO(blocks.name << ", k " << shape.k);
      check_steps(shape, LayerPrecision::int4_fp4, recipe);
      check_steps(shape, LayerPrecision::int4_fp8, recipe);
    }
  }
}

TEST_CASE("Chunk lengths and accumulators reach every GEMM") {
  for (const AccumulatorType accumulator :
       {AccumulatorType::fp16, AccumulatorType::fp16x2, AccumulatorType::fp32}) {
    for (const LayerPrecision precision :
         {LayerPrecision::int4_fp4, LayerPrecision::fp16, LayerPrecision::int4_fp8}) {
      INFO("accumulator " << static_cast<int>(accumulator));
      check_steps(kShapes[0], precision, {}, {accumulator, 16, 8});
    }
  }
}

TEST_CASE("A GEMM of both phases yields the mean of what it yields with either copy") {
  const auto results = [](const ConvShape& shape, const TrainingRecipe& recipe) {
    Oracle layer(shape, LayerPrecision::int4_fp4, {}, {});
    TrainedGemm gemm("layer", kIndex, layer_formats(LayerPrecision::int4_fp4, recipe), {}, recipe,
                     {});
    const auto size = [&](GemmPass pass) {
      return static_cast<std::size_t>(result_elements(shape, pass));
    };
    std::vector<Fp16Code> y(size(GemmPass::forward)), dx(size(GemmPass::dgrad)),
        dw(size(GemmPass::wgrad));
    gemm.forward(shape, layer.x(), layer.w(), {}, y.data());
    const std::vector<Fp16Code> dy = layer.gradient(0.01F);
    gemm.take_gradient(dy, {});
    gemm.dgrad(shape, layer.w(), {}, dx.data());
    gemm.wgrad(shape, layer.x(), {}, dw.data());
    return std::make_pair(dx, dw);
  };
  const auto mean = [](const std::vector<Fp16Code>& a, const std::vector<Fp16Code>& b) {
    std::vector<Fp16Code> result;
    for (std::size_t i = 0; i < a.size(); ++i) {
      result.push_back(fp16_from_float((fp16_to_float(a[i]) + fp16_to_float(b[i])) / 2));
    }
    return result;
  };
  TrainingRecipe even, odd, both;
  even.wgrad.grid = GradientGrid::radix4_even;
  odd.dgrad.grid = GradientGrid::radix4_odd;
  both.dgrad.both_phases = both.wgrad.both_phases = true;
  for (const ConvShape& shape : kShapes) {
    INFO("k " << shape.k);
    const auto [dx_even, dw_even] = results(shape, even);
    const auto [dx_odd, dw_odd] = results(shape, odd);
    const auto [dx, dw] = results(shape, both);
    CHECK(dx_even != dx_odd);
    CHECK(dx == mean(dx_even, dx_odd));
    CHECK(dw == mean(dw_even, dw_odd));
    TrainingRecipe one = both;
    one.wgrad.both_phases = false;
    CHECK(results(shape, one) == std::make_pair(dx, dw_odd));
  }
}

TEST_CASE("Going back through time uses one gradscale and votes once, by all steps") {
  const ConvShape shape = conv(8, 1, 6, 1, 1, 1);
  Oracle oracle(shape, LayerPrecision::int4_fp4, {}, {});
  TrainedGemm gemm("layer", kIndex, layer_formats(LayerPrecision::int4_fp4, {}), {}, {}, {});
  const TrainingPass pass;
  std::vector<Fp16Code> y(18), dx(24);
  gemm.forward(shape, oracle.x(), oracle.w(), pass, y.data());
  const auto all = [&](float value) { return std::vector<Fp16Code>(18, fp16_from_float(value)); };
  gemm.take_step_gradient(all(0), pass);
  CHECK_FALSE(gemm.grad_scale().has_value());
  gemm.take_step_gradient(all(0.75F), pass);
  CHECK(gemm.grad_scale() == 6);  // 0.75 * 2^6 lies in (32, 64]
  const std::vector<Fp16Code> large = all(3.0F);
  gemm.take_step_gradient(large, pass);
  CHECK(gemm.grad_scale() == 6);
  oracle.begin(pass, 6);
  gemm.dgrad(shape, oracle.w(), pass, dx.data());
  CHECK(dx == oracle.dgrad(large));
  gemm.take_gradient(large, pass);
  gemm.finish_step();
  CHECK(gemm.grad_scale() == 5);
}

TEST_CASE("Both phases are made elsewhere if the gradscale is known and nothing needs dY itself") {
  const ConvShape shape = conv(8, 1, 6, 1, 1, 1);
  const auto asks = [&](const TrainingRecipe& recipe, LayerPrecision precision, bool first) {
    Oracle oracle(shape, precision, recipe, {});
    TrainedGemm gemm("layer", kIndex, layer_formats(precision, recipe), {}, recipe, {});
    std::vector<Fp16Code> y(18);
    const TrainingPass pass;
    if (!first) gemm.take_gradient(oracle.gradient(0.1F), pass);
    gemm.forward(shape, oracle.x(), oracle.w(), pass, y.data());
    return gemm.phases(18, pass).has_value();
  };
  CHECK(asks({}, LayerPrecision::int4_fp4, false));
  CHECK_FALSE(asks({}, LayerPrecision::int4_fp4, true));
  CHECK_FALSE(asks({}, LayerPrecision::fp16, false));
  TrainingRecipe corrected;
  corrected.correction = GradientCorrection::magnitude;
  CHECK_FALSE(asks(corrected, LayerPrecision::int4_fp4, false));
  TrainingRecipe stochastic;
  stochastic.wgrad.rounding = GradientRounding::stochastic;
  CHECK_FALSE(asks(stochastic, LayerPrecision::int4_fp4, false));
}

TEST_CASE("A pass that leaves no mark has a gradscale of its own before there is one") {
  QuantisedGradient gradient("layer", kIndex, layer_formats(LayerPrecision::int4_fp4, {}), {});
  TrainingPass pass;
  pass.leaves_no_mark = true;
  const std::vector<Fp16Code> dy(18, fp16_from_float(0.75F));
  gradient.begin_pass();
  gradient.take(dy, pass);
  CHECK(gradient.pass_grad_scale() == 6);  // 48 is in (32, 64]
  CHECK(gradient.result_factor(GemmPass::dgrad) == 0x1p-6F);
  gradient.finish_step();
  CHECK_FALSE(gradient.grad_scale().has_value());
}

TEST_CASE("A pass that leaves no mark does not vote") {
  for (const bool leaves_no_mark : {true, false}) {
    TrainedGemm gemm("layer", kIndex, layer_formats(LayerPrecision::int4_fp4, {}), {}, {}, {});
    TrainingPass pass;
    gemm.take_gradient(std::vector<Fp16Code>(18, fp16_from_float(0.75F)), pass);
    gemm.finish_step();
    const std::optional<int> first = gemm.grad_scale();
    REQUIRE(first.has_value());
    pass.leaves_no_mark = leaves_no_mark;
    gemm.take_gradient(std::vector<Fp16Code>(18, fp16_from_float(3.0F)), pass);  // votes -1
    gemm.finish_step();
    CHECK(*gemm.grad_scale() == (leaves_no_mark ? *first : *first - 1));
  }
}

TEST_CASE("The two phases are two roundings under every scaling, and neither exceeds its levels") {
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  std::vector<Fp16Code> dy(1000);
  for (Fp16Code& code : dy) code = fp16_from_float(normal(random));
  for (const RecipeScaling scaling : {RecipeScaling::grad_scale, RecipeScaling::tensor_max,
                                      RecipeScaling::global, RecipeScaling::none}) {
    TrainingRecipe recipe;
    recipe.scaling = scaling;
    QuantisedGradient gradient("layer", kIndex, layer_formats(LayerPrecision::int4_fp4, recipe),
                               recipe);
    gradient.begin_pass();
    gradient.take(dy, {});
    const auto value = [&](GemmPass pass, std::size_t i) {
      const GradientGrid grid = gradient.grid(pass);
      const auto units = static_cast<float>(gradient_units(grid, (*gradient.codes(pass))[i]));
      return std::ldexp(units, gradient_levels(grid).unit_exponent) * gradient.result_factor(pass);
    };
    int different = 0;
    for (std::size_t i = 0; i < dy.size(); ++i) {
      const float even = value(GemmPass::dgrad, i), odd = value(GemmPass::wgrad, i);
      const float exact = std::fabs(fp16_to_float(dy[i]));
      different += even != odd ? 1 : 0;
      CHECK(std::fabs(even) <= 1.61F * exact);
      CHECK(std::fabs(odd) <= 1.61F * exact);
    }
    CHECK(different > 900);
  }
}

}  // namespace
}  // namespace nibble
