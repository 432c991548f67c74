// Recipe files: what each key becomes, what is refused and where.
#include "tools/train/recipe_reader.h"

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "models/layers/layer_names.h"
#include "sim/config/network_reader.h"

namespace nibble {
namespace {

namespace fs = std::filesystem;

const fs::path kRecipes = fs::path(NIBBLE_SOURCE_DIR) / "configs" / "recipes";
const std::string kTask = (kRecipes / "../tasks/t.yaml").string();  // beside which names are found

/// A recipe's text as a file that goes away.
class RecipeText {
 public:
  explicit RecipeText(const std::string& text) {
    std::string name = (fs::temp_directory_path() / "nibble_recipe_XXXXXX").string();
    folder_ = mkdtemp(name.data());
    std::ofstream(path()) << text;
  }
  ~RecipeText() { fs::remove_all(folder_); }
  RecipeText(const RecipeText&) = delete;
  RecipeText& operator=(const RecipeText&) = delete;
  [[nodiscard]] std::string path() const { return (folder_ / "r.yaml").string(); }

 private:
  fs::path folder_;
};

RecipeFile read(const std::string& text) { return read_recipe(RecipeText(text).path(), kTask); }

TEST_CASE("A recipe with a name alone is the paper's") {
  const RecipeFile file = read("recipe: plain\n");
  const TrainingRecipe& recipe = file.recipe;
  CHECK(recipe.name == "plain");
  CHECK(recipe.arithmetic == TrainingArithmetic::nibble);
  CHECK(recipe.dgrad.grid == GradientGrid::radix4_even);
  CHECK(recipe.wgrad.grid == GradientGrid::radix4_odd);
  CHECK(recipe.dgrad.rounding == GradientRounding::nearest);
  CHECK(recipe.wgrad.rounding == GradientRounding::nearest);
  CHECK(recipe.scaling == RecipeScaling::grad_scale);
  CHECK_FALSE(recipe.blocks.has_value());
  CHECK_FALSE(file.precision.has_value());
}

TEST_CASE("Keys of a recipe change what they name and nothing else") {
  const TrainingRecipe recipe = read(
                                    "recipe: r\n"
                                    "gradients: luq\n"
                                    "rounding: {dgrad: nearest}\n"
                                    "gain: {wgrad: 1.5}\n"
                                    "correction: projection\n"
                                    "scaling: global\n")
                                    .recipe;
  CHECK(recipe.dgrad.grid == GradientGrid::radix2);
  CHECK(recipe.dgrad.rounding == GradientRounding::nearest);
  CHECK(recipe.wgrad.rounding == GradientRounding::stochastic);
  CHECK(recipe.dgrad.gain == 1.0F);
  CHECK(recipe.wgrad.gain == 1.5F);
  CHECK(recipe.correction == GradientCorrection::projection);
  CHECK(recipe.scaling == RecipeScaling::global);
  CHECK(read("recipe: r\ngradients: e2m1\n").recipe.scaling == RecipeScaling::tensor_max);
  CHECK(read("recipe: r\nblocks: nvfp4\n").recipe.blocks->hadamard_wgrad);
  TrainingTask task;
  task.alpha_initial = 3;
  task.alpha_decay = 0.5;
  read("recipe: r\npact: {decay: 0, learning_rate: 5, fit_every: 16}\n").apply(task);
  CHECK(task.recipe.name == "r");
  CHECK(task.alpha_initial == 3);
  CHECK(task.alpha_decay == 0);
  CHECK(task.alpha_learning_rate == 5);
  CHECK(task.alpha_fit_every == 16);
  read("recipe: r\n").apply(task);
  CHECK(task.alpha_learning_rate == 5);
  CHECK(task.alpha_fit_every == 16);
}

TEST_CASE("A finish is another recipe file, and none that cannot end a training") {
  const auto finish = [](const std::string& recipe) {
    return "recipe: r\nfinish: {share: 0.25, recipe: " + recipe + "}\n";
  };
  const RecipeFile file = read(finish("pointwise_fp8"));
  REQUIRE(file.finish);
  CHECK(file.recipe.name == "r");
  CHECK_FALSE(file.precision);
  CHECK(file.finish->share == 0.25);
  CHECK(file.finish->recipe.name == "pointwise_fp8");
  CHECK(file.finish->precision.has_value());
  for (const char* recipe : {"fp32", "dw_fp8_finish", "alpha_no_decay"}) {
    CHECK_THROWS_WITH(read(finish(recipe)), Catch::Contains(":2:31: finish.recipe: is ") &&
                                                Catch::Contains("which cannot end a training"));
  }
  const RecipeText mine("recipe: mine\nfinish: {share: 0.5, recipe: ./other.yaml}\n");
  CHECK_THROWS_WITH(
      read_recipe(mine.path(), kTask),
      Catch::Contains("r.yaml:2:30: finish.recipe: is ") &&
          Catch::Contains("other.yaml, which is no file, allowed is a recipe's name"));
  std::ofstream(fs::path(mine.path()).parent_path() / "other.yaml") << "recipe: other\n";
  CHECK(read_recipe(mine.path(), kTask).finish->recipe.name == "other");
  CHECK_THROWS_WITH(read("recipe: fp16\nfinish: {share: 0.1, recipe: fp16}\n"),
                    Catch::Contains(":2:30: finish.recipe: is called fp16 as the recipe itself"));
  CHECK_THROWS_WITH(read("recipe: r\nfinish: {share: 1, recipe: no_tpr}\n"),
                    Catch::Contains(":2:17: finish.share: "));
  CHECK_THROWS_WITH(read("recipe: r\narithmetic: fp32\nfinish: {share: 0.1, recipe: no_tpr}\n"),
                    Catch::Contains(":3:1: finish: unknown key"));
}

TEST_CASE("A recipe's faults are told with file, line and column") {
  const auto fault = [](const std::string& text) {
    const RecipeText file("recipe: r\n" + text);
    try {
      (void)read_recipe(file.path(), kTask);
    } catch (const BadInput& error) {
      const std::string line = error.what();
      return line.substr(0, file.path().size()) == file.path() ? line.substr(file.path().size())
                                                               : line;
    }
    return std::string("read");
  };
  using Catch::Contains;
  CHECK_THAT(fault("gradient: radix4\n"), Contains(":2:1: gradient: unknown key"));
  CHECK_THAT(fault("gradients: radix8\n"),
             Contains(":2:12: gradients: ") && Contains("radix4_tpr"));
  CHECK_THAT(fault("rounding: {dgrad: up}\n"), Contains(":2:19: rounding.dgrad: "));
  CHECK_THAT(fault("gain: {wgrad: 0}\n"), Contains(":2:15: gain.wgrad: "));
  CHECK_THAT(fault("scaling: loss\n"), Contains(":2:10: scaling: ") && Contains("tensor_max"));
  CHECK_THAT(fault("blocks: mxfp8\n"), Contains(":2:9: blocks: ") && Contains("nvfp4"));
  CHECK_THAT(fault("blocks: mxfp4\ngradients: radix4\n"),
             Contains(":3:12: gradients: has no meaning beside blocks"));
  CHECK_THAT(fault("arithmetic: fp32\nscaling: none\n"), Contains(":3:1: scaling: "));
  CHECK_THAT(fault("precision: {default: int5}\n"), Contains(":2:22: precision.default: "));
  CHECK_THAT(fault("precision: {firsst: fp16}\n"), Contains(":2:13: precision.firsst: "));
}

constexpr const char* kNetwork = R"(network: n
input: {height: 8, width: 8, channels: 1}
classes: 3
precision: {default: int4_fp4, first: fp16, last: fp16, layers: {b: int4_fp8}}
layers:
  - {name: a, type: conv, filters: 4, kernel: 3, padding: 1}
  - {name: pact_a, type: pact}
  - {name: b, type: conv, filters: 4, kernel: 1}
  - {name: pact_b, type: pact}
  - {name: c, type: conv, filters: 4, kernel: 3, groups: 4, padding: 1}
  - {name: pool, type: global_avg_pool}
  - {name: fc, type: linear, filters: 3, bias: true}
)";

TEST_CASE("A recipe's rules replace those of the network's policy one by one") {
  const auto precisions = [](const std::string& block) {
    const RecipeFile file = read("recipe: r\nprecision: " + block + "\n");
    std::string all;
    for (const Layer& layer : parse_network(kNetwork, "n.yaml", {}, &*file.precision).layers) {
      if (multiplies(layer)) all += std::string(layer_precision_name(layer.precision)) + " ";
    }
    return all;
  };
  CHECK(precisions("{}") == "fp16 int4_fp8 int4_fp4 fp16 ");
  CHECK(precisions("{default: int4_fp16}") == "fp16 int4_fp8 int4_fp16 fp16 ");
  CHECK(precisions("{first: fp8, conv1x1: fp16}") == "fp8 int4_fp8 int4_fp4 fp16 ");
  CHECK(precisions("{layers: {b: fp16}}") == "fp16 fp16 int4_fp4 fp16 ");
  CHECK(precisions("{last_conv: int4_fp16}") == "fp16 int4_fp8 int4_fp16 fp16 ");
  CHECK(precisions("{depthwise: fp8}") == "fp16 int4_fp8 fp8 fp16 ");
}

TEST_CASE("A rule that names no layer, or makes one impossible, is a fault of the recipe") {
  const auto fault = [](const std::string& block) {
    const RecipeText file("recipe: r\nprecision: " + block + "\n");
    const RecipeFile recipe = read_recipe(file.path(), kTask);
    try {
      (void)parse_network(kNetwork, "n.yaml", {}, &*recipe.precision);
    } catch (const BadInput& error) {
      return std::string(error.what()).substr(file.path().size());
    }
    return std::string("read");
  };
  using Catch::Contains;
  CHECK_THAT(fault("{attention: fp16}"),
             Contains(":2:24: precision.attention: names no layer of this network"));
  CHECK_THAT(fault("{layers: {z: fp16}}"), Contains("precision.layers.z: ") && Contains("a, b, c"));
  CHECK_THAT(fault("{last: int4_fp4}"), Contains(":2:12: precision: layer fc: is int4_fp4"));
}

TEST_CASE("A bare name is a file beside the tasks, anything else a path") {
  const auto path = [](const std::string& name) { return recipe_path(name, kTask, {"--recipe"}); };
  CHECK(fs::path(path("luq")) == (kRecipes / "luq.yaml").lexically_normal());
  CHECK(path("./luq.yaml") == "./luq.yaml");
  CHECK(path("dir/luq") == "dir/luq");
  CHECK_THROWS_WITH(path("stochastik"),
                    Catch::Contains("--recipe: unknown recipe stochastik (did you mean stochastic?)"
                                    ", allowed are alpha_fitted, ") &&
                        Catch::Contains("underflow_dw, or a path"));
  CHECK_THROWS_WITH(read("recipe: r\nfinish: {share: 0.1, recipe: no_tprr}\n"),
                    Catch::Contains(":2:30: finish.recipe: unknown recipe no_tprr"));
}

TEST_CASE("Every committed recipe can be read, names itself and stands in the README") {
  std::ostringstream readme;
  readme << std::ifstream(kRecipes / "README.md").rdbuf();
  std::size_t recipes = 0;
  for (const auto& entry : fs::directory_iterator(kRecipes)) {
    if (entry.path().extension() != ".yaml") continue;
    ++recipes;
    const std::string name = entry.path().stem().string();
    INFO(name);
    const RecipeFile file = read_recipe(entry.path().string(), kTask);
    CHECK(file.recipe.name == name);
    // Of a finish by its name, too.
    if (!file.finish) CHECK(read(file.text).text == file.text);
    CHECK(readme.str().find("`" + name + "`") != std::string::npos);
  }
  REQUIRE(recipes > 0);
}

}  // namespace
}  // namespace nibble
