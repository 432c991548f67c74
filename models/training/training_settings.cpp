#include "models/training/training_settings.h"

#include "models/layers/layer_names.h"
#include "models/trace/json_fields.h"
#include "models/trace/safetensors.h"

namespace nibble {
namespace {

using Json = nlohmann::ordered_json;

Json optimizer_json(const TrainingTask& task) {
  Json json = {{"optimizer", name_of(kOptimizerNames, task.optimizer)}};
  if (task.optimizer == OptimizerKind::adam) {
    json["adam"] = {{"beta1", task.beta1}, {"beta2", task.beta2}, {"epsilon", task.adam_epsilon}};
  } else {
    json["momentum"] = task.momentum;
  }
  json["learning_rate"] = task.learning_rate;
  json["warmup_steps"] = task.warmup_steps;
  json["schedule"] = name_of(kRateScheduleNames, task.schedule);
  json["weight_decay"] = task.weight_decay;
  json["clip_norm"] = task.clip_norm;
  return json;
}

// Every field has a name here, so that a new one does not compile before it is told.

Json copy_json(const GradientCopy& copy) {
  const auto& [grid, rounding, gain, both_phases] = copy;
  return {{"grid", gradient_levels(grid).name},
          {"rounding", name_of(kGradientRoundingNames, rounding)},
          {"gain", gain},
          {"both_phases", both_phases}};
}

Json recipe_json(const TrainingRecipe& recipe) {
  const auto& [name, arithmetic, dgrad, wgrad, correction, scaling, blocks] = recipe;
  Json json = {{"name", name}, {"arithmetic", name_of(kTrainingArithmeticNames, arithmetic)}};
  if (arithmetic == TrainingArithmetic::fp32) return json;
  json["scaling"] = name_of(kRecipeScalingNames, scaling);
  if (blocks) {
    json["blocks"] = blocks->name;
  } else {
    json["dgrad"] = copy_json(dgrad);
    json["wgrad"] = copy_json(wgrad);
    json["correction"] = name_of(kGradientCorrectionNames, correction);
  }
  return json;
}

/// Two networks of one name may differ by --set. Precisions stand beside it, by their names.
std::string network_crc32(Network network) {
  for (Layer& layer : network.layers) layer.precision = {};
  return crc32_text(network_text(network));
}

Json precision_json(const Network& network) {
  Json json = Json::object();
  for (const Layer& layer : network.layers) {
    if (multiplies(layer)) json[layer.name] = layer_precision_name(layer.precision);
  }
  return json;
}

}  // namespace

Json settings_json(const Network& network, const TrainingTask& task,
                   const TrainingOptions& options) {
  Json json = {{"recipe", recipe_json(task.recipe)},
               {"network_crc32", network_crc32(network)},
               {"precision", precision_json(network)},
               {"dataset", task.dataset},
               {"epochs", task.epochs},
               {"batch", task.batch},
               {"limit_train", options.limit_train},
               {"limit_test", options.limit_test}};
  if (task.finish) {
    json["finish"] = {{"share", task.finish->share},
                      {"recipe", recipe_json(task.finish->recipe)},
                      {"precision", precision_json(task.finish->network)}};
  }
  if (task.sequence_length > 0) {
    json["sequence_length"] = task.sequence_length;
  } else {
    json.update({{"validation", task.validation},
                 {"flip", task.flip},
                 {"crop_padding", task.crop_padding}});
  }
  json.update(optimizer_json(task));
  json.update({{"pact",
                {{"initial", task.alpha_initial},
                 {"decay", task.alpha_decay},
                 {"floor", task.alpha_floor},
                 {"learning_rate", task.alpha_learning_rate},
                 {"fit_every", task.alpha_fit_every}}},
               {"batch_norm", {{"momentum", task.norm_momentum}, {"epsilon", task.norm_epsilon}}},
               {"loss_scale_log2", task.loss_scale_log2},
               {"chunk_len", task.chunk_len},
               {"fp16_chunk_len", task.fp16_chunk_len},
               {"accumulator", name_of(kAccumulatorNames, task.accumulator)}});
  return json;
}

std::string data_crc32(const TrainingData& data) {
  std::string text = data.train->checksum();
  if (data.validation) text += data.validation->checksum();
  return crc32_text(text + data.test->checksum());
}

Json identity_json(const Network& network, const TrainingTask& task, const TrainingOptions& options,
                   const std::string& data_crc32, const std::string& gradient_steps) {
  Json json = {{"task", task.name},
               {"network", network.name},
               {"seed", options.seed},
               {"data_crc32", data_crc32},
               {"settings", settings_json(network, task, options)}};
  // libtorch may share out its sums by the number of its threads.
  if (task.recipe.arithmetic == TrainingArithmetic::fp32) json["threads"] = options.threads;
  if (!gradient_steps.empty()) json["gradient_steps"] = gradient_steps;
  return json;
}

std::string settings_difference(const std::string& saved, const std::string& wanted) {
  const Json before = Json::parse(saved).flatten(), now = Json::parse(wanted).flatten();
  const auto text = [](const Json& json, const std::string& key) {
    return json.contains(key) ? json[key].dump() : std::string("none");
  };
  for (const Json* all : {&before, &now}) {
    for (const auto& item : all->items()) {
      const std::string there = text(before, item.key()), here = text(now, item.key());
      if (there == here) continue;
      std::string difference = item.key().substr(1);
      difference.append(" is ").append(there).append(" there, ").append(here).append(" here");
      return difference;
    }
  }
  return "";
}

}  // namespace nibble
