#include "tools/train/task_reader.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "sim/config/network_reader.h"
#include "sim/config/yaml_reader.h"
#include "tools/train/pact_reader.h"
#include "tools/train/recipe_reader.h"
#include "tools/train/recipe_warnings.h"

namespace nibble {
namespace {

constexpr const char *kNetworkOverrides = "network_file", *kRecipeOverrides = "recipe_file";
// Keys of a task of which plain libtorch has no use.
constexpr const char* kExactKeys[] = {"pact", "loss_scale_log2", "chunk_len", "fp16_chunk_len",
                                      "accumulator"};
constexpr std::int64_t kMost = 1000000;
constexpr std::int64_t kLongestSequence = 16384, kMostPadding = 64;
constexpr int kLargestLossScale = 24;
constexpr double kMostBeta = 0.9999999, kLargestNorm = 1e6;

void read_batch_norm(const YamlMap& norm, TrainingTask& task) {
  task.norm_momentum = norm.number("momentum", 0, 1);
  task.norm_epsilon = norm.number("epsilon", 1e-12, 1);
}

void read_data(const YamlMap& file, TrainingTask& task) {
  task.dataset = file.one_of<std::string>(
      "dataset", {{"fashion-mnist", "fashion-mnist"}, {"bible-kjv", "bible-kjv"}});
  if (task.dataset == "bible-kjv") {
    task.sequence_length = file.integer("sequence_length", 1, kLongestSequence);
    return;
  }
  task.validation = file.integer("validation", 0, kMost);
  task.flip = file.boolean("flip");
  task.crop_padding = file.integer("crop_padding", 0, kMostPadding);
}

void read_optimizer(const YamlMap& file, TrainingTask& task) {
  task.optimizer = file.one_of("optimizer", kOptimizerNames);
  if (task.optimizer == OptimizerKind::sgd) {
    task.momentum = file.number("momentum", 0, 1);
  } else {
    const YamlMap adam = file.map("adam");
    task.beta1 = adam.number("beta1", 0, kMostBeta);
    task.beta2 = adam.number("beta2", 0, kMostBeta);
    task.adam_epsilon = adam.number("epsilon", 1e-12, 1);
  }
  task.learning_rate = file.number("learning_rate", 0, 100);
  task.warmup_steps = file.integer("warmup_steps", 0, kMost);
  task.schedule = file.one_of("schedule", kRateScheduleNames);
  task.weight_decay = file.number("weight_decay", 0, 1);
  task.clip_norm = file.number("clip_norm", 0, kLargestNorm);
}

std::string beside(const std::string& file, const std::string& relative) {
  return (std::filesystem::path(file).parent_path() / relative).lexically_normal().string();
}

/// Those of the task's own file.
std::vector<YamlOverride> without_files(const std::vector<YamlOverride>& overrides) {
  std::vector<YamlOverride> rest;
  for (const YamlOverride& change : overrides) {
    const std::string& first = change.path.front();
    const bool of_network = first == kNetworkOverrides;
    if (!of_network && first != kRecipeOverrides) {
      rest.push_back(change);
    } else if (change.path.size() < 2) {
      throw BadInput({change.text, 0, 0}, "", "names no key of that file",
                     "allowed are " + first + ".KEY=VALUE, and for another file " +
                         (of_network ? "network=PATH" : "--recipe"));
    }
  }
  return rest;
}

/// The default recipe is built in, so that a task needs no folder of recipes beside its own.
RecipeFile recipe_of(const std::string& name, const std::string& task_file,
                     const std::vector<YamlOverride>& changes) {
  if (name.empty() && changes.empty()) {
    RecipeFile built_in;
    built_in.text = "recipe: " + built_in.recipe.name + "\n";
    return built_in;
  }
  const std::string file =
      recipe_path(name.empty() ? TrainingRecipe().name : name, task_file, {"--recipe", 0, 0});
  return read_recipe(file, task_file, changes);
}

/// Why a change to the task or its network does nothing beside this recipe; "" if it does
/// something.
std::string vain_because(const YamlOverride& change, const RecipeFile& recipe) {
  const std::string& key = change.path.front();
  if (recipe.recipe.arithmetic == TrainingArithmetic::fp32) {
    const bool exact =
        std::find(std::begin(kExactKeys), std::end(kExactKeys), key) != std::end(kExactKeys);
    const bool of_precision = key == kNetworkOverrides && change.path[1] == "precision";
    return exact || of_precision ? "plain libtorch multiplies" : "";
  }
  const bool overruled =
      key == "pact" && change.path.size() == 2 && recipe.pact.has(change.path[1]);
  if (!overruled) return "";
  return "the recipe says its own (--set recipe_file.pact." + change.path[1] + "=" + change.value +
         ")";
}

std::vector<std::string> vain_changes(const std::vector<YamlOverride>& overrides,
                                      const RecipeFile& recipe) {
  std::vector<std::string> warnings;
  for (const YamlOverride& change : overrides) {
    const std::string reason = vain_because(change, recipe);
    if (reason.empty()) continue;
    warnings.push_back("recipe " + recipe.recipe.name + ": " + change.text +
                       " changes nothing: " + reason);
  }
  return warnings;
}

/// It replaces the height of the network's input.
void use_sequence_length(const YamlMap& file, std::int64_t length, Network& network) {
  if (!reads_tokens(network)) {
    throw file.error("network", network.name + " reads no tokens",
                     "allowed for a text are networks that begin with an embedding");
  }
  network.input = {length, 1, 1};
  try {
    infer_shapes(network);
  } catch (const std::invalid_argument& fault) {
    throw file.error("sequence_length", network.name + ": " + fault.what(),
                     "allowed are lengths that the network reads");
  }
}

}  // namespace

TaskFile read_task(const std::string& path, const std::vector<YamlOverride>& overrides,
                   const std::string& recipe_name) {
  const YamlMap file = YamlMap::load(path, without_files(overrides));
  TaskFile result;
  TrainingTask& task = result.task;
  task.name = file.string("task");
  const std::string network_path = beside(path, file.string("network"));
  task.epochs = file.integer("epochs", 1, kMostEpochs);
  task.batch = file.integer("batch", 2, kMost);
  result.seed = static_cast<std::uint64_t>(file.integer_or("seed", 1, 0, kLargestSeed));
  read_data(file, task);
  read_optimizer(file, task);
  read_pact(file.map("pact"), true).apply(task);
  read_batch_norm(file.map("batch_norm"), task);
  task.loss_scale_log2 = static_cast<int>(file.integer("loss_scale_log2", 0, kLargestLossScale));
  task.chunk_len = static_cast<int>(file.integer("chunk_len", 1, kMaxChunkLen));
  task.fp16_chunk_len = static_cast<int>(file.integer("fp16_chunk_len", 1, kMaxChunkLen));
  task.accumulator = file.one_of("accumulator", kAccumulatorNames);
  file.finish();
  const RecipeFile recipe =
      recipe_of(recipe_name, path, overrides_under(overrides, kRecipeOverrides));
  recipe.apply(task);
  const auto network = [&](const std::optional<PrecisionPolicy>& precision) {
    Network read = read_network(network_path, overrides_under(overrides, kNetworkOverrides),
                                precision ? &*precision : nullptr);
    if (task.sequence_length > 0) use_sequence_length(file, task.sequence_length, read);
    return read;
  };
  result.recipes.emplace_back(recipe.recipe.name, recipe.text);
  const auto warn = [&](const TrainingRecipe& used, const Network& by,
                        const std::optional<PrecisionPolicy>& rules) {
    std::optional<Network> plain;
    if (rules) plain = network({});
    for (std::string& text : recipe_warnings(task, used, by, plain ? &*plain : nullptr)) {
      result.warnings.push_back(std::move(text));
    }
  };
  result.warnings = vain_changes(overrides, recipe);
  result.network = network(recipe.precision);
  task.network = result.network.name;
  warn(task.recipe, result.network, recipe.precision);
  if (recipe.finish) {
    const RecipeFinish& finish = *recipe.finish;
    task.finish = TrainingFinish{finish.share, finish.recipe, network(finish.precision)};
    result.recipes.emplace_back(finish.recipe.name, finish.text);
    warn(finish.recipe, task.finish->network, finish.precision);
  }
  return result;
}

}  // namespace nibble
