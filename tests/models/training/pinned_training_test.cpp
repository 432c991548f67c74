// The bytes that trainings end in: a change of arithmetic cannot come unnoticed. The checksums in
// pinned_trainings.txt are written anew only on request (tests/sim/support/golden.h), and a change
// of them belongs into the commit's message and models/NUMERICS.md. Weights are given and the rate
// is constant, so that no function of a library but sqrt has a part in it and every machine gets
// the same bytes.
#include <random>
#include <sstream>
#include <string_view>

#include "models/trace/safetensors.h"
#include "models/training/batches.h"
#include "models/training/optimizer.h"
#include "models/training/trained_network.h"
#include "tests/models/layers/small_network.h"
#include "tests/models/layers/tiny_sequences.h"
#include "tests/models/training/given_weights.h"
#include "tests/models/training/pattern_images.h"
#include "tests/models/training/torch_and_catch.h"
#include "tests/sim/support/golden.h"

namespace nibble {
namespace {

constexpr int kSteps = 20;

TrainingTask steady_task() {
  TrainingTask task = test::small_task();
  task.schedule = RateSchedule::constant;
  task.warmup_steps = 0;
  return task;
}

std::string_view bytes_of(const float* values, std::size_t count) {
  return {reinterpret_cast<const char*>(values), count * sizeof(float)};
}

/// Of all parameters and states behind the last step.
std::string checksum(const Network& network, const TrainingTask& task, const SampleSet& set) {
  TrainedNetwork trained(network, task, 1);
  test::give_weights(trained);
  Optimizer optimizer(task);
  Batches batches(set, set.count(), task.batch, 1);
  for (int step = 0; step < kSteps; ++step) {
    const BatchOutcome outcome = trained.run(batches.at(step));
    REQUIRE_FALSE(outcome.skipped);
    optimizer.step(trained.parameters(), learning_rate(task, step, kSteps));
    trained.finish_step();
  }
  std::string bytes;
  for (const ParameterArray& parameter : trained.parameters()) {
    bytes += bytes_of(parameter.value, parameter.count);
  }
  for (const auto& [name, values] : trained.states()) {
    bytes += bytes_of(values.data(), values.size());
  }
  return crc32_text(bytes);
}

/// configs/recipes/radix2_stochastic.yaml
void use_radix2_stochastic(TrainingTask& task) {
  for (GradientCopy* copy : {&task.recipe.dgrad, &task.recipe.wgrad}) {
    copy->grid = GradientGrid::radix2;
    copy->rounding = GradientRounding::stochastic;
  }
}

std::string image_lines() {
  std::ostringstream lines;
  const ImageSamples set(test::pattern_images(64, 1), test::pattern_grey(), {true, 1});
  TrainingTask task = steady_task();
  const auto line = [&](const char* name, const Network& network) {
    lines << "small " << name << ' ' << checksum(network, task, set) << '\n';
  };
  const auto changed = [&](const char* name, const auto& change) {
    task = steady_task();
    change(task);
    line(name, test::small_network());
  };
  const auto with = [](LayerPrecision precision) {
    Network network = test::small_network();
    for (Layer& layer : network.layers) {
      if (layer.precision == LayerPrecision::int4_fp4) layer.precision = precision;
    }
    return network;
  };
  line("int4_fp4", test::small_network());
  line("fp16", with(LayerPrecision::fp16));
  line("fp8", with(LayerPrecision::fp8));
  line("int4_fp8", with(LayerPrecision::int4_fp8));
  line("dw_fp8", with(LayerPrecision::int4_fp4_dw_fp8));
  line("dx_fp8", with(LayerPrecision::int4_fp8_dw_fp4));
  changed("stochastic", [](TrainingTask& t) {
    t.recipe.dgrad.rounding = t.recipe.wgrad.rounding = GradientRounding::stochastic;
    t.recipe.correction = GradientCorrection::projection;
  });
  changed("radix2_stochastic", use_radix2_stochastic);
  changed("both_phases",
          [](TrainingTask& t) { t.recipe.dgrad.both_phases = t.recipe.wgrad.both_phases = true; });
  changed("global_scale", [](TrainingTask& t) { t.recipe.scaling = RecipeScaling::global; });
  changed("alpha_fitted", [](TrainingTask& t) { t.alpha_fit_every = 8; });
  changed("tensor_max", [](TrainingTask& t) { t.recipe.scaling = RecipeScaling::tensor_max; });
  for (const BlockRecipe& blocks : kBlockRecipes) {
    changed(std::string(blocks.name).c_str(), [&](TrainingTask& t) { t.recipe.blocks = blocks; });
  }
  return lines.str();
}

std::string text_lines() {
  std::mt19937_64 random(5);
  TokenIds tokens;
  for (int i = 0; i < 200; ++i) {
    tokens.push_back(static_cast<std::int32_t>(random() % test::kTinyRows));
  }
  const TextSamples set(TextWindows(tokens, test::kTinyTokens), 1);
  TrainingTask task = steady_task();
  task.optimizer = OptimizerKind::adam;
  task.learning_rate = 0.01;
  task.clip_norm = 1;
  std::ostringstream lines;
  for (const LayerPrecision precision : {LayerPrecision::int4_fp4, LayerPrecision::fp16}) {
    const char* name = precision == LayerPrecision::fp16 ? "fp16 " : "int4_fp4 ";
    lines << "lstm " << name << checksum(test::tiny_lstm(precision), task, set) << '\n'
          << "transformer " << name << checksum(test::tiny_transformer(precision), task, set)
          << '\n';
  }
  use_radix2_stochastic(task);
  const Network lstm = test::tiny_lstm(LayerPrecision::int4_fp4);
  const Network transformer = test::tiny_transformer(LayerPrecision::int4_fp4);
  lines << "lstm radix2_stochastic " << checksum(lstm, task, set) << '\n'
        << "transformer radix2_stochastic " << checksum(transformer, task, set) << '\n';
  return lines.str();
}

TEST_CASE("Trainings of twenty steps end in the committed bytes") {
  CHECK(test::golden_difference("models/training/pinned_trainings.txt",
                                image_lines() + text_lines()) == "");
}

}  // namespace
}  // namespace nibble
