// Every committed task trains two steps by every committed recipe, on made-up samples. A recipe
// with a rule that names no layer of the task's network is refused, and fits another task.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <set>

#include "models/training/fp32_network.h"
#include "models/training/optimizer.h"
#include "models/training/trained_network.h"
#include "sim/base/bad_input.h"
#include "sim/config/yaml_document.h"
#include "tests/models/training/torch_and_catch.h"
#include "tools/train/task_reader.h"

namespace nibble {
namespace {

namespace fs = std::filesystem;

const fs::path kConfigs = fs::path(NIBBLE_SOURCE_DIR) / "configs";

std::set<std::string> names_in(const char* folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(kConfigs / folder)) {
    if (entry.path().extension() == ".yaml") names.insert(entry.path().stem().string());
  }
  return names;
}

std::string task_path(const std::string& task) {
  return (kConfigs / "tasks" / (task + ".yaml")).string();
}

/// Texts are short ones.
std::vector<YamlOverride> changes_of(const std::string& task) {
  if (task.rfind("bible", 0) != 0) return {};
  return {parse_override("sequence_length=6")};
}

Batch random_batch(const Network& network, std::uint32_t step) {
  constexpr std::int64_t kSamples = 3;
  std::mt19937_64 random(step + 1);
  std::normal_distribution<float> normal;
  Batch batch;
  batch.samples = kSamples;
  batch.step = step;
  std::int64_t labels = kSamples;
  if (reads_tokens(network)) {
    labels = kSamples * network.input.h;
    for (std::int64_t i = 0; i < labels; ++i) {
      batch.tokens.push_back(
          static_cast<std::int32_t>(random() % static_cast<std::uint64_t>(network.classes)));
    }
  } else {
    batch.images.resize(static_cast<std::size_t>(kSamples * network.input.elements()));
    for (Fp16Code& pixel : batch.images) pixel = fp16_from_float(normal(random));
  }
  for (std::int64_t i = 0; i < labels; ++i) {
    batch.labels.push_back(
        static_cast<std::int32_t>(random() % static_cast<std::uint64_t>(network.classes)));
  }
  return batch;
}

/// Whether all stays finite, and every matrix of weights moves.
void train_two_steps(const TaskFile& file) {
  std::unique_ptr<TrainableNetwork> network;
  if (file.task.recipe.arithmetic == TrainingArithmetic::fp32) {
    network = std::make_unique<Fp32Network>(file.network, file.task, 1);
  } else {
    network = std::make_unique<TrainedNetwork>(file.network, file.task, 1);
  }
  Optimizer optimizer(file.task);
  std::map<std::string, std::vector<float>> before;
  for (const ParameterArray& parameter : network->parameters()) {
    before[parameter.name] = {parameter.value, parameter.value + parameter.count};
  }
  for (std::uint32_t step = 0; step < 2; ++step) {
    const BatchOutcome outcome = network->run(random_batch(file.network, step));
    CHECK(std::isfinite(outcome.loss));
    CHECK_FALSE(outcome.skipped);
    optimizer.step(network->parameters(), file.task.learning_rate);
    network->finish_step();
  }
  for (const ParameterArray& parameter : network->parameters()) {
    INFO(parameter.name);
    const std::vector<float> now(parameter.value, parameter.value + parameter.count);
    CHECK(std::all_of(now.begin(), now.end(), [](float value) { return std::isfinite(value); }));
    if (parameter.kind == ParameterKind::weight) CHECK(now != before.at(parameter.name));
  }
}

/// The recipes that the task takes.
std::set<std::string> train_by_every_recipe(const std::string& task) {
  std::set<std::string> taken;
  for (const std::string& recipe : names_in("recipes")) {
    INFO(task << " by " << recipe);
    try {
      train_two_steps(read_task(task_path(task), changes_of(task), recipe));
      taken.insert(recipe);
    } catch (const BadInput& refusal) {
      CHECK_THAT(refusal.what(), Catch::Contains("no layer"));
    }
  }
  return taken;
}

TEST_CASE("ResNet-8's task trains by every recipe") {
  CHECK(train_by_every_recipe("fashion_mnist_resnet8") == names_in("recipes"));
}

TEST_CASE("ResNet-11's task trains by every recipe") {
  CHECK(train_by_every_recipe("fashion_mnist_resnet11") == names_in("recipes"));
}

TEST_CASE("MobileNet's task trains by every recipe") {
  CHECK(train_by_every_recipe("fashion_mnist_mobilenet") == names_in("recipes"));
}

/// Those whose rules name no kind of convolution.
std::set<std::string> recipes_of_texts() {
  std::set<std::string> recipes = names_in("recipes");
  for (const char* of_convolutions :
       {"last_conv_fp8", "pointwise_fp8", "stochastic_dw_last_conv_fp8"}) {
    recipes.erase(of_convolutions);
  }
  return recipes;
}

TEST_CASE("The LSTM's task trains by every recipe that names no convolution") {
  CHECK(train_by_every_recipe("bible_lstm") == recipes_of_texts());
}

TEST_CASE("The Transformer's task trains by every recipe that names no convolution") {
  CHECK(train_by_every_recipe("bible_transformer") == recipes_of_texts());
}

TEST_CASE("There is no other task than those that are trained here") {
  CHECK(names_in("tasks") ==
        std::set<std::string>{"bible_lstm", "bible_transformer", "fashion_mnist_mobilenet",
                              "fashion_mnist_resnet11", "fashion_mnist_resnet8"});
}

}  // namespace
}  // namespace nibble
