// Every committed recipe trains two small networks, of all kinds of convolution and of all kinds of
// sequence layer, twice to the same bytes, which are committed (committed_recipes.txt, written anew
// only on request), and the exported weights compute what the training computed.
#include <cmath>
#include <filesystem>
#include <set>

#include "models/layers/inference.h"
#include "models/trace/safetensors.h"
#include "models/trace/weights_file.h"
#include "models/training/fp32_network.h"
#include "models/training/optimizer.h"
#include "models/training/sample_set.h"
#include "models/training/trained_network.h"
#include "sim/config/network_reader.h"
#include "tests/models/training/given_weights.h"
#include "tests/models/training/pattern_images.h"
#include "tests/models/training/torch_and_catch.h"
#include "tests/sim/support/golden.h"
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

// Ids of seven tokens, which are what is in front of them: one label a position.
constexpr std::int64_t kTokens = 6, kTokenRows = 7;
constexpr const char* kSequenceNetwork = R"(network: s
input: {height: 6, width: 1, channels: 1}
classes: 7
precision: {default: int4_fp4, last: fp16}
layers:
  - {name: embedding, type: embedding, rows: 7, features: 8}
  - {name: positions, type: position_embedding, rows: 6}
  - {name: norm, type: layer_norm}
  - {name: in, type: pact_signed}
  - {name: q, type: linear, filters: 8, bias: true, flatten: false}
  - {name: q.act, type: pact_signed}
  - {name: k, type: linear, input: in, filters: 8, bias: true, flatten: false}
  - {name: k.act, type: pact_signed}
  - {name: v, type: linear, input: in, filters: 8, bias: true, flatten: false}
  - {name: v.act, type: pact_signed}
  - {name: scores, type: matmul, inputs: [q.act, k.act], heads: 2, transpose_b: true}
  - {name: softmax, type: softmax, causal: true}
  - {name: softmax.act, type: pact}
  - {name: context, type: matmul, inputs: [softmax.act, v.act], heads: 2}
  - {name: gelu, type: gelu}
  - {name: lstm.in, type: pact_signed}
  - {name: lstm, type: lstm, hidden: 6}
  - {name: output.in, type: pact_signed}
  - {name: output, type: linear, filters: 7, bias: true, flatten: false}
)";

struct Outcome {
  std::string weights;
  double loss = 0;
};

Batch token_batch(std::int64_t step) {
  Batch batch;
  batch.samples = 4;
  batch.step = static_cast<std::uint32_t>(step);
  for (std::int64_t i = 0; i < batch.samples * kTokens; ++i) {
    batch.tokens.push_back(static_cast<std::int32_t>((i * i + step) % kTokenRows));
    batch.labels.push_back(batch.tokens.size() % kTokenRows == 0 ? 0 : batch.tokens.back());
  }
  return batch;
}

Batch image_batch(std::int64_t step) {
  static const ImageSamples samples(test::pattern_images(64, 1), test::pattern_grey());
  Batch batch = plain_batch(samples, 16 * step, 16);
  batch.step = static_cast<std::uint32_t>(step);
  return batch;
}

Batch batch_of(const Network& graph, std::int64_t step) {
  return reads_tokens(graph) ? token_batch(step) : image_batch(step);
}

double train_three_steps(const Network& graph, TrainableNetwork& network,
                         const TrainingTask& task) {
  Optimizer optimizer(task);
  double loss = 0;
  for (std::int64_t step = 0; step < 3; ++step) {
    const BatchOutcome outcome = network.run(batch_of(graph, step));
    if (outcome.skipped) continue;
    optimizer.step(network.parameters(), task.learning_rate);
    network.finish_step();
    loss = outcome.loss;
  }
  return loss;
}

Outcome train_nibble(const Network& graph, const TrainingTask& task) {
  TrainedNetwork network(graph, task, 3);
  test::give_weights(network);
  Outcome outcome;
  outcome.loss = train_three_steps(graph, network, task);
  outcome.weights = weights_bytes(graph, network.export_weights());
  const Batch batch = batch_of(graph, 3);
  (void)network.run(batch);
  const InferenceNetwork inference(graph, parse_weights("w", outcome.weights, graph));
  const std::vector<Fp16Code> logits =
      reads_tokens(graph) ? inference.logits(batch.tokens.data(), batch.samples, slow_gemm)
                          : inference.logits(batch.images.data(), batch.samples, slow_gemm);
  std::vector<float> values;
  values.reserve(logits.size());
  for (const Fp16Code code : logits) values.push_back(fp16_to_float(code));
  CHECK(values == network.logits());
  return outcome;
}

/// Returns a line of the committed checksums; nothing for fp32, whose bytes are libtorch's.
std::string check_recipe(const RecipeFile& recipe, const char* text) {
  TrainingTask task = test::small_task();
  recipe.apply(task);
  const Network graph =
      parse_network(text, "n.yaml", {}, recipe.precision ? &*recipe.precision : nullptr);
  INFO(graph.name);
  if (task.recipe.arithmetic == TrainingArithmetic::fp32) {
    Fp32Network network(graph, task, 3);
    CHECK(std::isfinite(train_three_steps(graph, network, task)));
    return "";
  }
  const Outcome first = train_nibble(graph, task), second = train_nibble(graph, task);
  CHECK(std::isfinite(first.loss));
  CHECK(first.weights == second.weights);
  CHECK(first.loss == second.loss);
  if (recipe.finish) {
    const std::optional<PrecisionPolicy>& precision = recipe.finish->precision;
    task.recipe = recipe.finish->recipe;
    const Network last = parse_network(text, "n.yaml", {}, precision ? &*precision : nullptr);
    CHECK(train_nibble(last, task).weights != first.weights);
  }
  return recipe.recipe.name + " " + graph.name + " " + crc32_text(first.weights) + "\n";
}

TEST_CASE(
    "Every committed recipe trains to the committed bytes, twice, and infers what it trained") {
  const fs::path folder = fs::path(NIBBLE_SOURCE_DIR) / "configs" / "recipes";
  const std::string task_file = (folder / "../tasks/t.yaml").string();
  std::set<fs::path> files;  // in the order of their names
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".yaml") files.insert(entry.path());
  }
  REQUIRE_FALSE(files.empty());
  std::string lines;
  for (const fs::path& file : files) {
    INFO(file.filename().string());
    const RecipeFile recipe = read_recipe(file.string(), task_file);
    lines += check_recipe(recipe, kNetwork);
    // A rule for convolutions names nothing in the other one.
    const bool of_convolutions = recipe.precision && (recipe.precision->has("conv1x1") ||
                                                      recipe.precision->has("last_conv"));
    if (!of_convolutions) lines += check_recipe(recipe, kSequenceNetwork);
  }
  CHECK(test::golden_difference("tools/train/committed_recipes.txt", lines) == "");
}

TEST_CASE("A global loss scale halves and skips a step whose gradients overflow") {
  TrainingTask task = test::small_task();
  task.recipe.scaling = RecipeScaling::global;
  TrainedNetwork network(parse_network(kNetwork, "n.yaml"), task, 3);
  const NamedArrays begin = network.states();
  REQUIRE(begin.at("loss_scale") == std::vector<float>{16, 0});
  CHECK_FALSE(network.run(image_batch(0)).skipped);
  CHECK(network.states().at("loss_scale") == std::vector<float>{16, 1});
  network.restore_states({{"loss_scale", {16, 1999}}});
  (void)network.run(image_batch(1));
  CHECK(network.states().at("loss_scale") == std::vector<float>{17, 0});
  // A weight that overflows the logits makes every gradient NaN-infinity.
  for (const ParameterArray& parameter : network.parameters()) {
    if (parameter.name == "fc.weight") parameter.value[0] = 1e10F;
  }
  CHECK(network.run(image_batch(2)).skipped);
  CHECK(network.states().at("loss_scale") == std::vector<float>{16, 0});
}

TEST_CASE("Without a scale of their own, layers see the task's constant loss scale alone") {
  TrainingTask task = test::small_task();
  task.recipe.scaling = RecipeScaling::none;
  const Network graph = parse_network(kNetwork, "n.yaml");
  const auto largest = [&](int loss_scale) {
    task.loss_scale_log2 = loss_scale;
    TrainedNetwork network(graph, task, 3);
    (void)network.run(image_batch(0));
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
