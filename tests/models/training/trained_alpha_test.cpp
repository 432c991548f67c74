#include "models/training/trained_alpha.h"

#include <random>
#include <vector>

#include "models/quantize/pact.h"
#include "models/quantize/signed_pact.h"
#include "models/training/pointwise_layer.h"
#include "models/training/signed_pact_layer.h"
#include "tests/models/training/torch_and_catch.h"

namespace nibble {
namespace {

constexpr std::int64_t kSamples = 200;

TrainingTask fitting_task() {
  TrainingTask task;
  task.alpha_initial = 3;
  task.alpha_floor = 0.25;
  task.alpha_fit_every = 4;
  task.norm_epsilon = 1e-5;
  return task;
}

Layer layer_of(LayerKind kind, const char* name) {
  Layer layer;
  layer.kind = kind;
  layer.name = name;
  layer.output_shape = {2, 3, 8};
  return layer;
}

/// A tensor before and one behind a layer, as TrainedNetwork would have them.
struct Tensors {
  LayerTensor input, output;
  std::mt19937 random{7};

  explicit Tensors(bool wants_values) {
    input.shape = output.shape = {2, 3, 8};
    output.wants_values = wants_values;
    output.wants_codes = true;
  }
  void fill(float deviation) {
    input.begin(kSamples);
    output.begin(kSamples);
    std::normal_distribution<float> normal(0, deviation);
    for (Fp16Code& code : input.values) code = fp16_from_float(normal(random));
  }
};

TrainingPass pass_of(std::uint32_t step, bool leaves_no_mark = false) {
  TrainingPass pass;
  pass.samples = kSamples;
  pass.step = step;
  pass.leaves_no_mark = leaves_no_mark;
  return pass;
}

TEST_CASE("A fitted alpha follows its values every so many steps, and nothing else moves it") {
  Tensors tensors(false);
  const Layer layer = layer_of(LayerKind::pact_signed, "clip");
  SignedPactLayer clip(layer, 0, fitting_task(), tensors.input, tensors.output);
  const auto alpha_of = [&](float deviation, const TrainingPass& pass) {
    tensors.fill(deviation);
    clip.forward(pass);
    return tensors.output.alpha;
  };
  const auto fitted = [&] {
    return fitted_alpha(tensors.input.values.data(), tensors.input.values.size(), ClipCodes::s4);
  };

  const float first = alpha_of(1, pass_of(0));
  CHECK(first == fitted());
  CHECK(first != 3);
  for (std::size_t i = 0; i < tensors.input.values.size(); ++i) {
    CHECK(tensors.output.codes[i] ==
          signed_pact_quantize(tensors.input.values[i], signed_pact_reciprocal(first)));
  }
  for (const std::uint32_t step : {1U, 2U, 3U}) CHECK(alpha_of(10, pass_of(step)) == first);
  const float second = alpha_of(10, pass_of(4));
  CHECK(second == fitted());
  CHECK(second > 3 * first);
  CHECK(alpha_of(0, pass_of(8)) == second);       // nothing to fit to
  CHECK(alpha_of(0.001F, pass_of(12)) == 0.25F);  // the floor
  const float captured = alpha_of(1, pass_of(16, true));
  CHECK(captured == fitted());  // a captured step has its own
}

TEST_CASE("An alpha behind a batch norm is fitted to what is about to be clipped") {
  const Layer norm = layer_of(LayerKind::batch_norm, "norm");
  const Layer pact = layer_of(LayerKind::pact, "pact"), relu = layer_of(LayerKind::relu, "relu");
  Tensors clipped(true), positive(true);
  positive.output.wants_codes = false;
  PointwiseParts parts;
  parts.norm = &norm;
  parts.activation = &pact;
  PointwiseLayer clipping(parts, fitting_task(), clipped.input, nullptr, clipped.output);
  parts.activation = &relu;
  PointwiseLayer unclipped(parts, fitting_task(), positive.input, nullptr, positive.output);

  clipped.fill(5);
  positive.fill(5);
  REQUIRE(clipped.input.values == positive.input.values);
  clipping.forward(pass_of(0));
  unclipped.forward(pass_of(0));
  const std::vector<Fp16Code>& y = positive.output.values;
  const float alpha = fitted_alpha(y.data(), y.size(), ClipCodes::u4);
  CHECK(clipped.output.alpha == alpha);
  int above = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    above += fp16_to_float(y[i]) > alpha ? 1 : 0;
    CHECK(clipped.output.codes[i] == pact_quantize(y[i], pact_reciprocal(alpha)));
  }
  CHECK(above > 0);
}

}  // namespace
}  // namespace nibble
