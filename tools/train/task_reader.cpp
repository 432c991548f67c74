#include "tools/train/task_reader.h"

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "models/training/layer_formats.h"
#include "sim/config/network_reader.h"
#include "sim/config/yaml_reader.h"
#include "tools/train/pact_reader.h"
#include "tools/train/recipe_reader.h"

namespace nibble {
namespace {

constexpr const char *kNetworkOverrides = "network_file", *kRecipeOverrides = "recipe_file";
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
  task.optimizer = file.one_of<OptimizerKind>(
      "optimizer", {{"sgd", OptimizerKind::sgd}, {"adam", OptimizerKind::adam}});
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
  task.schedule = file.one_of<RateSchedule>(
      "schedule", {{"cosine", RateSchedule::cosine}, {"constant", RateSchedule::constant}});
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
    if (first != kNetworkOverrides && first != kRecipeOverrides) rest.push_back(change);
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

std::string changes_nothing(const std::string& recipe, const Network& network) {
  return "recipe " + recipe + ": its rules of precision change no layer of " + network.name;
}

/// What the recipe says of a copy of the gradients that no GEMM of the network multiplies.
std::vector<std::string> unused_copies(const TrainingRecipe& recipe, const Network& network) {
  const auto used = [&](GemmPass pass) {
    return std::any_of(network.layers.begin(), network.layers.end(), [&](const Layer& layer) {
      return multiplies(layer) &&
             layer_formats(layer.precision, recipe).of(pass) == GemmOperands::nibble;
    });
  };
  const auto changed = [&](const GradientCopy& copy, const GradientCopy& paper) {
    return copy.grid != paper.grid || copy.rounding != paper.rounding || copy.gain != paper.gain ||
           copy.both_phases || recipe.correction != GradientCorrection::none;
  };
  const TrainingRecipe paper;
  std::vector<std::string> unused;
  if (changed(recipe.dgrad, paper.dgrad) && !used(GemmPass::dgrad)) unused.emplace_back("dgrad");
  if (changed(recipe.wgrad, paper.wgrad) && !used(GemmPass::wgrad)) unused.emplace_back("wgrad");
  for (std::string& text : unused) {
    text = "recipe " + recipe.name + ": what it says of gradients in " + text +
           " changes nothing: no layer of " + network.name + " multiplies 4-bit ones there";
  }
  return unused;
}

bool same_precisions(const Network& a, const Network& b) {
  return std::equal(a.layers.begin(), a.layers.end(), b.layers.begin(),
                    [](const Layer& x, const Layer& y) { return x.precision == y.precision; });
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
  read_data(file, task);
  read_optimizer(file, task);
  read_pact(file.map("pact"), true).apply(task);
  read_batch_norm(file.map("batch_norm"), task);
  task.loss_scale_log2 = static_cast<int>(file.integer("loss_scale_log2", 0, kLargestLossScale));
  task.chunk_len = static_cast<int>(file.integer("chunk_len", 1, kMaxChunkLen));
  task.fp16_chunk_len = static_cast<int>(file.integer("fp16_chunk_len", 1, kMaxChunkLen));
  task.accumulator =
      file.one_of<AccumulatorType>("accumulator", {{"fp16x2", AccumulatorType::fp16x2},
                                                   {"fp16", AccumulatorType::fp16},
                                                   {"fp32", AccumulatorType::fp32}});
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
  result.network = network(recipe.precision);
  task.network = result.network.name;
  if (recipe.precision && same_precisions(result.network, network({}))) {
    result.warnings.push_back(changes_nothing(task.recipe.name, result.network));
  }
  const auto warn_of_unused_copies = [&](const TrainingRecipe& used, const Network& by) {
    for (std::string& text : unused_copies(used, by)) result.warnings.push_back(std::move(text));
  };
  warn_of_unused_copies(task.recipe, result.network);
  if (recipe.finish) {
    task.finish = TrainingFinish{recipe.finish->share, recipe.finish->recipe,
                                 network(recipe.finish->precision)};
    result.recipes.emplace_back(recipe.finish->recipe.name, recipe.finish->text);
    if (recipe.finish->precision && same_precisions(task.finish->network, result.network)) {
      result.warnings.push_back(changes_nothing(task.finish->recipe.name, result.network));
    }
    warn_of_unused_copies(task.finish->recipe, task.finish->network);
  }
  return result;
}

}  // namespace nibble
