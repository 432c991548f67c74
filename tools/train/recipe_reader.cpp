#include "tools/train/recipe_reader.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "sim/config/nearest_word.h"
#include "sim/config/part_file.h"
#include "sim/config/yaml_reader.h"

namespace nibble {
namespace {

constexpr double kLargestGain = 16;
constexpr double kSmallestFinish = 0.001, kLargestFinish = 0.999;  // of all steps

/// What a row of the quantiser's table means for the trainer.
void use_format(const GradientFormat& format, TrainingRecipe& recipe) {
  recipe.dgrad = {format.dgrad, format.rounding};
  recipe.wgrad = {format.wgrad, format.rounding};
  recipe.scaling = format.scaling == GradientScaling::grad_scale ? RecipeScaling::grad_scale
                                                                 : RecipeScaling::tensor_max;
}

void read_copies(const YamlMap& file, TrainingRecipe& recipe) {
  const auto for_both = [&](const auto& read) {
    read("dgrad", recipe.dgrad);
    read("wgrad", recipe.wgrad);
  };
  if (const std::optional<YamlMap> map = file.optional_map("rounding")) {
    for_both([&](const char* key, GradientCopy& copy) {
      copy.rounding = map->one_of_or(key, copy.rounding, kGradientRoundingNames);
    });
  }
  if (const std::optional<YamlMap> map = file.optional_map("gain")) {
    for_both([&](const char* key, GradientCopy& copy) {
      copy.gain = static_cast<float>(map->number_or(key, 1.0, 1 / kLargestGain, kLargestGain));
    });
  }
  if (const std::optional<YamlMap> map = file.optional_map("phases")) {
    for_both([&](const char* key, GradientCopy& copy) {
      copy.both_phases = map->one_of_or<bool>(key, false, {{"own", false}, {"both", true}});
    });
  }
  recipe.correction =
      file.one_of_or("correction", GradientCorrection::none, kGradientCorrectionNames);
}

void read_gradients(const YamlMap& file, TrainingRecipe& recipe) {
  use_format(
      file.has("gradients") ? file.row_of("gradients", kGradientFormats) : kGradientFormats.front(),
      recipe);
  read_copies(file, recipe);
  recipe.scaling = file.one_of_or("scaling", recipe.scaling, kRecipeScalingNames);
}

/// Block-scaled operands are neither rounded to a grid nor scaled by their layer.
void read_blocks(const YamlMap& file, TrainingRecipe& recipe) {
  for (const char* key : {"gradients", "rounding", "gain", "phases", "correction"}) {
    if (!file.has(key)) continue;
    throw file.error(key, "has no meaning beside blocks", "allowed is one of the two");
  }
  recipe.blocks = file.row_of("blocks", kBlockRecipes);
}

/// Beside that of the task, or else below `configs` where the program is run.
std::string recipes_folder(const std::string& task_file) {
  const std::filesystem::path beside = std::filesystem::path(task_file).parent_path();
  const std::string folder = (beside / ".." / "recipes").lexically_normal().string();
  std::error_code ignored;
  return std::filesystem::is_directory(folder, ignored) ? folder : "configs/recipes";
}

/// All keys but `finish`.
RecipeFile read_keys(const YamlMap& file) {
  RecipeFile result;
  result.text = file.text();
  TrainingRecipe& recipe = result.recipe;
  recipe.name = file.string("recipe");
  recipe.arithmetic = file.one_of_or("arithmetic", recipe.arithmetic, kTrainingArithmeticNames);
  if (recipe.arithmetic == TrainingArithmetic::nibble) {
    if (const std::optional<YamlMap> block = file.optional_map("precision")) {
      result.precision = PrecisionPolicy::changes(*block);
    }
    if (file.has("blocks")) read_blocks(file, recipe);
    read_gradients(file, recipe);
    if (const std::optional<YamlMap> map = file.optional_map("pact")) {
      result.pact = read_pact(*map, false);
    }
  }
  return result;
}

/// A bare name is looked up beside the task, a path beside the recipe.
std::string finish_path(const YamlMap& finish, const std::string& name,
                        const std::string& task_file) {
  std::string path = recipe_path(name, task_file, finish.place("recipe"), "finish.recipe");
  if (path != name) return path;
  return (std::filesystem::path(finish.file()).parent_path() / name).lexically_normal().string();
}

/// That of `recipe`. A bare name is looked up beside `task_file`.
RecipeFinish read_finish(const YamlMap& finish, const std::string& recipe,
                         const std::string& task_file) {
  const double share = finish.number("share", kSmallestFinish, kLargestFinish);
  const std::string name = finish.string("recipe");
  const std::string path = finish_path(finish, name, task_file);
  if (std::error_code ignored; !std::filesystem::is_regular_file(path, ignored)) {
    throw finish.error("recipe", "is " + path + ", which is no file",
                       "allowed is a recipe's name, or a path as seen from this file");
  }
  const YamlMap file = YamlMap::load(path, {});
  RecipeFile last = read_keys(file);
  if (file.has("finish") || file.has("pact") ||
      last.recipe.arithmetic != TrainingArithmetic::nibble) {
    throw finish.error("recipe", "is " + name + ", which cannot end a training",
                       "allowed are 4-bit recipes without finish and pact");
  }
  file.finish();
  if (last.recipe.name == recipe) {
    throw finish.error("recipe", "is called " + recipe + " as the recipe itself",
                       "allowed is another one");
  }
  return {share, std::move(last.recipe), std::move(last.text), std::move(last.precision)};
}

/// With one for the name, "int4_fp4 (scaling=none)", unless they have it: what a changed recipe
/// yields is not to be taken for the file's.
std::vector<YamlOverride> with_name(const std::string& file, std::vector<YamlOverride> changes) {
  if (changes.empty()) return changes;
  std::string text;
  for (const YamlOverride& change : changes) {
    if (change.path.front() == "recipe") return changes;
    std::string path;
    for (const std::string& key : change.path) path = key_path(path, key);
    text.append(text.empty() ? "" : ", ").append(path).append("=").append(change.value);
  }
  std::string name;
  for (const char letter : YamlMap::load(file, {}).string("recipe") + " (" + text + ")") {
    name += letter == '\'' ? "''" : std::string(1, letter);
  }
  changes.push_back({{"recipe"}, "'" + name + "'", "--set recipe_file.recipe=" + name});
  return changes;
}

}  // namespace

RecipeFile read_recipe(const std::string& path, const std::string& task_file,
                       const std::vector<YamlOverride>& overrides) {
  const YamlMap file = YamlMap::load(path, with_name(path, overrides));
  RecipeFile result = read_keys(file);
  if (result.recipe.arithmetic == TrainingArithmetic::nibble) {
    if (const std::optional<YamlMap> finish = file.optional_map("finish")) {
      result.finish = read_finish(*finish, result.recipe.name, task_file);
    }
  }
  file.finish();
  return result;
}

void RecipeFile::apply(TrainingTask& task) const {
  task.recipe = recipe;
  pact.apply(task);
}

std::string recipe_path(const std::string& recipe, const std::string& file, const InputPlace& place,
                        const std::string& key) {
  if (recipe.find_first_of("./") != std::string::npos) return recipe;
  const std::string folder = recipes_folder(file);
  std::string path = folder + "/" + recipe + ".yaml";
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored)) return path;
  const std::vector<std::string> names = names_in(folder);
  throw BadInput(place, key, unknown_fault("recipe " + recipe, recipe, names),
                 names.empty() ? "allowed is a path, as there are none in " + folder
                               : allowed_words(names) + ", or a path");
}

}  // namespace nibble
