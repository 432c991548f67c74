// Every committed recipe trains a small network of all kinds of convolution, twice to the same
// bytes, and its exported weights compute what the training computed.
#include <cmath>
#include <filesystem>

#include "models/layers/inference.h"
#include "models/trace/weights_file.h"
#include "models/training/fp32_network.h"
#include "models/training/optimizer.h"
#include "models/training/sample_set.h"
#include "models/training/trained_network.h"
#include "sim/config/network_reader.h"
#include "tests/models/training/pattern_images.h"
#include "tests/models/training/torch_and_catch.h"
#include "tools/train/recipe_reader.h"

namespace nibble {
namespace {

namespace fs = std::filesystem;

// Without batch norm, so that the training's forward pass is that of inference.
constexpr const char* kNetwork = R"(network: n
input: {height: 8, width: 8, channels: 1}
classes: 3
precision: {default: int4_fp4, first: fp16, last: fp16}
layers:
  - {name: first, type: conv, filters: 8, kernel: 3, padding: 1}
  - {name: pact1, type: pact}
  - {name: point, type: conv, filters: 8, kernel: 1}
  - {name: pact2, type: pact}
  - {name: depthwise, type: conv, filters: 8, kernel: 3, groups: 8, padding: 1}
  - {name: pact3, type: pact}
  - {name: grouped, type: conv, filters: 6, kernel: 3, groups: 2, stride: 2, padding: 1}
  - {name: pact4, type: pact}
  - {name: plain, type: conv, filters: 8, kernel: 3, padding: 1}
  - {name: pact5, type: pact}
  - {name: pool, type: global_avg_pool}
  - {name: fc, type: linear, filters: 3, bias: true}
)";

struct Outcome {
  std::string weights;
  double loss = 0;
};

Batch first_batch(std::int64_t step) {
  static const ImageSamples samples(test::pattern_images(64, 1), test::pattern_grey());
  Batch batch = plain_batch(samples, 16 * step, 16);
  batch.step = static_cast<std::uint32_t>(step);
  return batch;
}

double train_three_steps(TrainableNetwork& network, const TrainingTask& task) {
  Optimizer optimizer(task);
  double loss = 0;
  for (std::int64_t step = 0; step < 3; ++step) {
    const BatchOutcome outcome = network.run(first_batch(step));
    if (outcome.skipped) continue;
    optimizer.step(network.parameters(), task.learning_rate);
    network.finish_step();
    loss = outcome.loss;
  }
  return loss;
}

Outcome train_nibble(const Network& graph, const TrainingTask& task) {
  TrainedNetwork network(graph, task, 3);
  Outcome outcome;
  outcome.loss = train_three_steps(network, task);
  outcome.weights = weights_bytes(graph, network.export_weights());
  const Batch batch = first_batch(3);
  (void)network.run(batch);
  const InferenceNetwork inference(graph, parse_weights("w", outcome.weights, graph));
  const std::vector<Fp16Code> logits =
      inference.logits(batch.images.data(), batch.samples, slow_gemm);
  std::vector<float> values;
  values.reserve(logits.size());
  for (const Fp16Code code : logits) values.push_back(fp16_to_float(code));
  CHECK(values == network.logits());
  return outcome;
}

TEST_CASE("Every committed recipe trains to the same bytes twice and infers what it trained") {
  const fs::path folder = fs::path(NIBBLE_SOURCE_DIR) / "configs" / "recipes";
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".yaml") continue;
    INFO(entry.path().filename().string());
    const RecipeFile recipe = read_recipe(entry.path().string());
    TrainingTask task = test::small_task();
    recipe.apply(task);
    const Network graph =
        parse_network(kNetwork, "n.yaml", {}, recipe.precision ? &*recipe.precision : nullptr);
    if (task.recipe.arithmetic == TrainingArithmetic::fp32) {
      Fp32Network network(graph, task, 3);
      CHECK(std::isfinite(train_three_steps(network, task)));
      continue;
    }
    const Outcome first = train_nibble(graph, task), second = train_nibble(graph, task);
    CHECK(std::isfinite(first.loss));
    CHECK(first.weights == second.weights);
    CHECK(first.loss == second.loss);
  }
}

TEST_CASE("A global loss scale halves and skips a step whose gradients overflow") {
  TrainingTask task = test::small_task();
  task.recipe.scaling = RecipeScaling::global;
  TrainedNetwork network(parse_network(kNetwork, "n.yaml"), task, 3);
  const NamedArrays begin = network.states();
  REQUIRE(begin.at("loss_scale") == std::vector<float>{16, 0});
  CHECK_FALSE(network.run(first_batch(0)).skipped);
  CHECK(network.states().at("loss_scale") == std::vector<float>{16, 1});
  network.restore_states({{"loss_scale", {16, 1999}}});
  (void)network.run(first_batch(1));
  CHECK(network.states().at("loss_scale") == std::vector<float>{17, 0});
  // A weight that overflows the logits makes every gradient NaN-infinity.
  for (const ParameterArray& parameter : network.parameters()) {
    if (parameter.name == "fc.weight") parameter.value[0] = 1e10F;
  }
  CHECK(network.run(first_batch(2)).skipped);
  CHECK(network.states().at("loss_scale") == std::vector<float>{16, 0});
}

TEST_CASE("Without a scale of their own, layers see the task's constant loss scale alone") {
  TrainingTask task = test::small_task();
  task.recipe.scaling = RecipeScaling::none;
  const Network graph = parse_network(kNetwork, "n.yaml");
  const auto largest = [&](int loss_scale) {
    task.loss_scale_log2 = loss_scale;
    TrainedNetwork network(graph, task, 3);
    (void)network.run(first_batch(0));
    CHECK(network.grad_scales().empty());
    float found = 0;
    for (const ParameterArray& parameter : network.parameters()) {
      if (parameter.name != "point.weight") continue;
      for (std::size_t i = 0; i < parameter.count; ++i) {
        found = std::max(found, std::fabs(parameter.gradient[i]));
      }
    }
    return found;
  };
  CHECK(largest(0) == 0);  // all below the lowest level
  CHECK(largest(12) > 0);
}

}  // namespace
}  // namespace nibble
