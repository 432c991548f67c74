#include "models/training/training_settings.h"

#include "models/trace/json_fields.h"
#include "models/trace/safetensors.h"

namespace nibble {
namespace {

using Json = nlohmann::ordered_json;

Json optimizer_json(const TrainingTask& task) {
  Json json;
  if (task.optimizer == OptimizerKind::adam) {
    json = {
        {"optimizer", "adam"},
        {"adam", {{"beta1", task.beta1}, {"beta2", task.beta2}, {"epsilon", task.adam_epsilon}}}};
  } else {
    json = {{"optimizer", "sgd"}, {"momentum", task.momentum}};
  }
  json["learning_rate"] = task.learning_rate;
  json["warmup_steps"] = task.warmup_steps;
  json["schedule"] = task.schedule == RateSchedule::cosine ? "cosine" : "constant";
  json["weight_decay"] = task.weight_decay;
  json["clip_norm"] = task.clip_norm;
  return json;
}

template <typename Enum, std::size_t kNames>
std::string_view word(const std::pair<std::string_view, Enum> (&names)[kNames], Enum value) {
  for (const auto& [name, named] : names) {
    if (named == value) return name;
  }
  return "unknown";
}

Json copy_json(const GradientCopy& copy) {
  return {{"grid", gradient_levels(copy.grid).name},
          {"rounding", word(kGradientRoundingNames, copy.rounding)},
          {"gain", copy.gain},
          {"both_phases", copy.both_phases}};
}

Json recipe_json(const TrainingRecipe& recipe) {
  Json json = {{"arithmetic", word(kTrainingArithmeticNames, recipe.arithmetic)}};
  if (recipe.arithmetic == TrainingArithmetic::fp32) return json;
  json["scaling"] = word(kRecipeScalingNames, recipe.scaling);
  if (recipe.blocks) {
    json["blocks"] = recipe.blocks->name;
  } else {
    json["dgrad"] = copy_json(recipe.dgrad);
    json["wgrad"] = copy_json(recipe.wgrad);
    json["correction"] = word(kGradientCorrectionNames, recipe.correction);
  }
  return json;
}

/// Two networks of one name may differ by --set; their layers' numbers tell.
std::string layers_crc32(const Network& network) {
  std::string text;
  for (const Layer& layer : network.layers) {
    text += layer.name;
    for (const std::int64_t number :
         {static_cast<std::int64_t>(layer.kind), layer.filters, layer.kernel, layer.stride,
          layer.padding, layer.groups, static_cast<std::int64_t>(layer.precision), layer.heads,
          layer.table_rows, layer.output_shape.h, layer.output_shape.w, layer.output_shape.c}) {
      text += ' ' + std::to_string(number);
    }
    for (const int input : layer.inputs) text += " <" + std::to_string(input);
    if (layer.dropout > 0) text += " dropout " + std::to_string(layer.dropout);
    text += '\n';
  }
  return crc32_text(text);
}

}  // namespace

Json settings_json(const Network& network, const TrainingTask& task,
                   const TrainingOptions& options) {
  Json json = {{"recipe", recipe_json(task.recipe)},
               {"layers_crc32", layers_crc32(network)},
               {"epochs", task.epochs},
               {"batch", task.batch},
               {"limit_train", options.limit_train},
               {"limit_test", options.limit_test}};
  if (task.finish) {
    json["finish"] = {{"share", task.finish->share},
                      {"recipe", recipe_json(task.finish->recipe)},
                      {"layers_crc32", layers_crc32(task.finish->network)}};
  }
  if (task.sequence_length > 0) {
    json["sequence_length"] = task.sequence_length;
  } else {
    json.update({{"validation", task.validation},
                 {"flip", task.flip},
                 {"crop_padding", task.crop_padding}});
  }
  json.update(optimizer_json(task));
  Json pact = {
      {"initial", task.alpha_initial}, {"decay", task.alpha_decay}, {"floor", task.alpha_floor}};
  // Checkpoints from before there was the key go on.
  if (task.alpha_learning_rate != 1) pact["learning_rate"] = task.alpha_learning_rate;
  json.update({{"pact", pact},
               {"batch_norm", {{"momentum", task.norm_momentum}, {"epsilon", task.norm_epsilon}}},
               {"loss_scale_log2", task.loss_scale_log2},
               {"chunk_len", task.chunk_len},
               {"fp16_chunk_len", task.fp16_chunk_len},
               {"accumulator", accumulator_words()[static_cast<std::size_t>(task.accumulator)]}});
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
