#include "tools/train/task_reader.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include <catch2/catch.hpp>

#include "models/layers/network_weights.h"
#include "models/training/training_settings.h"
#include "sim/base/bad_input.h"
#include "tests/models/temporary_folder.h"

namespace nibble {
namespace {

using Catch::Contains;
using test::TemporaryFolder;

const std::string kFolder = NIBBLE_SOURCE_DIR "/configs/tasks/";

TaskFile read(const std::string& name, const std::vector<std::string>& changes = {},
              const std::string& recipe = "") {
  std::vector<YamlOverride> overrides;
  overrides.reserve(changes.size());
  for (const std::string& change : changes) overrides.push_back(parse_override(change));
  return read_task(kFolder + name + ".yaml", overrides, recipe);
}

TEST_CASE(
    "Every committed task is named as its file and has a network that is trained with values") {
  int tasks = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() != ".yaml") continue;
    INFO(entry.path());
    const TaskFile file = read(entry.path().stem().string());
    CHECK(file.task.name == entry.path().stem().string());
    CHECK_NOTHROW(check_values(file.network));
    ++tasks;
  }
  REQUIRE(tasks > 0);
}

TEST_CASE("A task's seed stands in its file and is 1 where it does not") {
  CHECK(read("bible_lstm").seed == 1);
  CHECK(read("bible_lstm", {"seed=7"}).seed == 7);
  CHECK_THROWS_WITH(read("bible_lstm", {"seed=-1"}), Contains("seed"));
}

TEST_CASE("What a recipe says in vain is told") {
  const auto warnings = [](const std::string& recipe, const std::vector<std::string>& changes) {
    return read("fashion_mnist_resnet8", changes, recipe).warnings;
  };
  const auto changed = [](const std::string& recipe, const std::string& change) {
    return "recipe " + recipe + " (" + change.substr(change.find('.') + 1) + "): ";
  };
  const std::string of_wgrad =
      "what it says of gradients in wgrad changes nothing: no layer of resnet8_w16 multiplies "
      "4-bit ones there";
  CHECK(warnings("dw_fp8", {}).empty());
  CHECK(warnings("dw_fp8", {"recipe_file.rounding.dgrad=stochastic"}).empty());
  CHECK(warnings("stochastic_dw", {}).empty());
  for (const char* change : {"recipe_file.rounding.wgrad=stochastic", "recipe_file.gain.wgrad=2",
                             "recipe_file.correction=projection"}) {
    INFO(change);
    CHECK(warnings("dw_fp8", {change}) ==
          std::vector<std::string>{changed("dw_fp8", change) + of_wgrad});
  }
  CHECK(warnings("int4_fp4", {"recipe_file.phases.dgrad=both"}).empty());
  for (const char* pass : {"dgrad", "wgrad"}) {
    const std::string change = std::string("recipe_file.phases.") + pass + "=both";
    CHECK(warnings("dw_fp8", {change}) ==
          std::vector<std::string>{changed("dw_fp8", change) +
                                   "phases: both changes nothing: no layer of resnet8_w16 "
                                   "multiplies 4-bit gradients in dgrad and wgrad"});
  }
  const std::string of_scaling =
      "its scaling changes nothing: no layer of resnet8_w16 quantises gradients";
  CHECK(warnings("fp16", {"recipe_file.scaling=tensor_max"}) ==
        std::vector<std::string>{"recipe fp16 (scaling=tensor_max): " + of_scaling});
  CHECK(warnings("mxfp4", {"recipe_file.scaling=none"}) ==
        std::vector<std::string>{"recipe mxfp4 (scaling=none): " + of_scaling});
  CHECK(warnings("int4_fp8", {"recipe_file.scaling=tensor_max"}).empty());
  CHECK(warnings("fp16", {"recipe_file.scaling=global"}).empty());
  CHECK(warnings("alpha_fitted", {"pact.learning_rate=50"}) ==
        std::vector<std::string>{
            "recipe alpha_fitted: pact.learning_rate changes nothing beside pact.fit_every"});
  CHECK(warnings("int4_forward", {"recipe_file.gradients=luq"}).size() == 3);
  CHECK_THAT(warnings("int4_fp4", {"recipe_file.precision.default=int4_fp4"}).at(0),
             Contains("its rules of precision change no layer of resnet8_w16"));
  for (const char* change :
       {"pact.initial=2", "loss_scale_log2=3", "chunk_len=32", "fp16_chunk_len=32",
        "accumulator=fp32", "network_file.precision.default=fp16"}) {
    CHECK(warnings("int4_fp4", {change}).empty());
    CHECK(warnings("fp32", {change}) ==
          std::vector<std::string>{std::string("recipe fp32: --set ") + change +
                                   " changes nothing: plain libtorch multiplies"});
  }
  CHECK(warnings("fp32", {"learning_rate=0.2"}).empty());
  CHECK(warnings("alpha_no_decay", {"pact.initial=2", "pact.decay=0.1"}) ==
        std::vector<std::string>{"recipe alpha_no_decay: --set pact.decay=0.1 changes nothing: the "
                                 "recipe says its own (--set recipe_file.pact.decay=0.1)"});
  CHECK(warnings("both_phases", {}).empty());
  CHECK(warnings("both_phases", {"recipe_file.gradients=radix4_tpr_stochastic"}).empty());
  CHECK_THAT(warnings("both_phases", {"recipe_file.gradients=radix4"}).at(0),
             Contains("phases: both changes nothing: both phases have the same levels"));
}

/// A network's own rules for some layers go before a recipe's default.
TEST_CASE("Recipes of whole networks reach every layer of every committed task") {
  const std::set<LayerPrecision> fp16 = {LayerPrecision::fp16};
  const std::map<std::string, std::set<LayerPrecision>> allowed = {
      {"fp16", fp16},
      {"fp8", {LayerPrecision::fp8, LayerPrecision::fp16}},
      {"int4_forward", {LayerPrecision::int4_fp16, LayerPrecision::fp16}},
      {"int4_fp8", {LayerPrecision::int4_fp8, LayerPrecision::fp16}},
      {"dw_fp8", {LayerPrecision::int4_fp4_dw_fp8, LayerPrecision::fp16}},
      {"dx_fp8", {LayerPrecision::int4_fp8_dw_fp4, LayerPrecision::fp16}}};
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() != ".yaml") continue;
    for (const auto& [recipe, precisions] : allowed) {
      const TaskFile file = read_task(entry.path().string(), {}, recipe);
      for (const Layer& layer : file.network.layers) {
        INFO(entry.path() << ", " << recipe << ", " << layer.name);
        if (multiplies(layer)) CHECK(precisions.count(layer.precision) == 1);
      }
    }
  }
}

TEST_CASE("A sequence's length is the task's, whatever the network's file says") {
  const TaskFile file = read("bible_lstm", {"sequence_length=12"});
  CHECK(file.task.sequence_length == 12);
  CHECK(file.network.input.h == 12);
  CHECK(file.network.layers.back().output_shape.h == 12);
}

TEST_CASE("Alpha's learning rate is that of all unless the task or its recipe has a factor") {
  CHECK(read("bible_lstm").task.alpha_learning_rate == 1);
  CHECK(read("bible_lstm", {"pact.learning_rate=4"}).task.alpha_learning_rate == 4);
  CHECK(read("bible_lstm", {"pact.learning_rate=4", "recipe_file.pact.learning_rate=0"})
            .task.alpha_learning_rate == 0);
  CHECK_THROWS_WITH(read("bible_lstm", {"pact.learning_rate=-1"}), Contains("pact.learning_rate"));
}

TEST_CASE("Alphas are fitted to their values only where a task or its recipe says how often") {
  CHECK(read("bible_lstm").task.alpha_fit_every == 0);
  CHECK(read("bible_lstm", {"pact.fit_every=16"}).task.alpha_fit_every == 16);
  CHECK(read("bible_lstm", {"pact.fit_every=16", "recipe_file.pact.fit_every=0"})
            .task.alpha_fit_every == 0);
  CHECK_THROWS_WITH(read("bible_lstm", {"pact.fit_every=-1"}), Contains("pact.fit_every"));
}

TEST_CASE("Layers of sequences may have dropout, of which there is none unless it is asked for") {
  for (const Layer& layer : read("bible_transformer").network.layers) CHECK(layer.dropout == 0);
  const std::string layer = "network_file.layers.2.";
  CHECK(read("bible_lstm", {layer + "dropout=0.2"}).network.layers[2].dropout == 0.2);
  CHECK_THROWS_WITH(read("bible_lstm", {layer + "dropout=1"}), Contains("0.9"));
  CHECK_THROWS_WITH(read("fashion_mnist_resnet8", {layer + "dropout=0.2"}), Contains("dropout"));
}

TEST_CASE("Keys of the other data set and of the other optimizer are refused") {
  CHECK_THROWS_WITH(read("fashion_mnist_resnet8", {"sequence_length=12"}),
                    Contains("sequence_length"));
  CHECK_THROWS_WITH(read("bible_lstm", {"flip=true"}), Contains("flip"));
  CHECK_THROWS_WITH(read("bible_lstm", {"momentum=0.9"}), Contains("momentum"));
  CHECK_THROWS_WITH(read("fashion_mnist_resnet8", {"optimizer=adam"}), Contains("adam"));
  CHECK_THROWS_WITH(read("bible_lstm", {"dataset=penn-treebank"}),
                    Contains("fashion-mnist") && Contains("bible-kjv"));
  CHECK_THROWS_WITH(read("bible_lstm", {"adam.beta2=1"}), Contains("adam.beta2"));
  CHECK_THROWS_WITH(read("bible_lstm", {"clip_norm=-1"}), Contains("clip_norm"));
  CHECK_THROWS_WITH(read("bible_lstm", {"schedule=step"}), Contains("cosine"));
}

TEST_CASE("A task without a recipe is trained by the paper's, which needs no file beside it") {
  const TaskFile named = read_task(kFolder + "fashion_mnist_resnet8.yaml", {}, "int4_fp4");
  const TaskFile built_in = read_task(kFolder + "fashion_mnist_resnet8.yaml", {});
  CHECK(settings_json(built_in.network, built_in.task, {}) ==
        settings_json(named.network, named.task, {}));
  CHECK(built_in.task.recipe.name == named.task.recipe.name);
  CHECK(built_in.recipes.front().second == "recipe: int4_fp4\n");

  const TemporaryFolder folder;
  const std::string lonely = folder.file("t.yaml");
  std::filesystem::copy_file(kFolder + "fashion_mnist_resnet8.yaml", lonely);
  const std::vector<YamlOverride> network = {
      parse_override("network=" + kFolder + "../networks/resnet8_w16.yaml")};
  CHECK(read_task(lonely, network).task.recipe.name == "int4_fp4");
  CHECK_THROWS_WITH(read_task(lonely, network, "nonsense"),
                    Contains("--recipe: unknown recipe nonsense, allowed "));
  const std::string here = std::filesystem::current_path().string();
  std::filesystem::current_path(NIBBLE_SOURCE_DIR);  // whose configs/recipes serve then
  CHECK(read_task(lonely, network, "luq").task.recipe.name == "luq");
  std::filesystem::current_path(here);
}

TEST_CASE("A changed recipe is called by its changes, unless they give it a name") {
  const auto name = [](const std::vector<std::string>& changes) {
    const TaskFile file = read("fashion_mnist_resnet8", changes);
    CHECK(file.recipes.at(0).first == file.task.recipe.name);
    return file.task.recipe.name;
  };
  CHECK(name({"chunk_len=32"}) == "int4_fp4");
  CHECK(name({"recipe_file.scaling=none", "recipe_file.pact.initial=2"}) ==
        "int4_fp4 (scaling=none, pact.initial=2)");
  CHECK(name({"recipe_file.scaling=none", "recipe_file.recipe=mine"}) == "mine");
  const TemporaryFolder folder;
  std::ofstream(folder.file("own.yaml")) << "recipe: it's own\ngradients: luq\n";
  const TaskFile own =
      read("fashion_mnist_resnet8", {"recipe_file.scaling=none"}, folder.file("own.yaml"));
  CHECK(own.task.recipe.name == "it's own (scaling=none)");
}

TEST_CASE("A changed file is changed by its keys") {
  CHECK_THROWS_WITH(read("bible_lstm", {"network_file=other.yaml"}, "fp32"),
                    "--set network_file=other.yaml: names no key of that file, allowed are "
                    "network_file.KEY=VALUE, and for another file network=PATH");
  CHECK_THROWS_WITH(read("bible_lstm", {"recipe_file=luq"}),
                    Contains("recipe_file.KEY=VALUE, and for another file --recipe"));
}

TEST_CASE("What a task keeps of its recipe trains it again") {
  const std::string task = kFolder + "fashion_mnist_resnet8.yaml";
  for (const char* recipe : {"last_conv_fp8", "expected_gain", "mxfp4", "alpha_no_decay", "fp32"}) {
    const std::string change =
        recipe == std::string("fp32") ? "recipe=it's mine" : "precision.layers.s2*=fp16";
    const TaskFile file = read_task(task, {parse_override("recipe_file." + change)}, recipe);
    REQUIRE(file.recipes.size() == 1);
    CHECK(file.recipes[0].first == file.task.recipe.name);
    const TemporaryFolder folder;
    const std::string again = folder.file("r.yaml");
    std::ofstream(again) << file.recipes[0].second;
    const TaskFile copy = read_task(task, {}, again);
    INFO(recipe << ": " << file.recipes[0].second);
    CHECK(settings_json(copy.network, copy.task, {}) == settings_json(file.network, file.task, {}));
    CHECK(copy.recipes == file.recipes);
  }
  const TaskFile finish = read_task(task, {}, "dw_fp8_finish");
  REQUIRE(finish.recipes.size() == 2);
  CHECK(finish.recipes[1].first == "dw_fp8");
  CHECK(finish.recipes[1].second.find("int4_fp4_dw_fp8") != std::string::npos);
}

TEST_CASE("A network that a text's task cannot train is told at the task's key") {
  CHECK_THROWS_WITH(read("bible_transformer", {"sequence_length=200"}),
                    Contains("sequence_length") && Contains("text_transformer: layer positions"));
  CHECK_THROWS_WITH(read("bible_lstm", {"network=../networks/resnet8_w16.yaml"}),
                    Contains("network=") && Contains("reads no tokens"));
}

}  // namespace
}  // namespace nibble
