#include "models/training/metrics.h"

#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

#include "models/trace/json_fields.h"
#include "models/trace/safetensors.h"
#include "models/trace/trace_error.h"
#include "models/training/training_settings.h"

namespace nibble {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kSchema = "nibblesim-training-3";

/// A language model is told by exp of its mean loss a token, an image network by its accuracy; both
/// are there for either.
Json evaluation_json(const Evaluation& evaluation) {
  Json json = {{"loss", evaluation.loss}, {"accuracy_percent", evaluation.accuracy_percent}};
  const double perplexity = std::exp(evaluation.loss);
  // JSON has no infinity.
  if (std::isfinite(perplexity)) json["perplexity"] = perplexity;
  return json;
}

Json epochs_json(const TrainingProgress& progress) {
  Json list = Json::array();
  for (const EpochResult& epoch : progress.epochs) {
    Json json = {{"train_loss", epoch.train_loss},
                 {"train_accuracy_percent", epoch.train_accuracy_percent}};
    if (epoch.validation) json["validation"] = evaluation_json(*epoch.validation);
    json["train_s"] = epoch.seconds;
    list.push_back(json);
  }
  return list;
}

/// Without what has no meaning in fp32.
Json shared_settings(const std::string& settings) {
  Json json = Json::parse(settings);
  for (const char* key : {"recipe", "finish", "precision", "pact", "loss_scale_log2", "chunk_len",
                          "fp16_chunk_len", "accumulator"}) {
    json.erase(key);
  }
  return json;
}

}  // namespace

std::string metrics_json(const Network& network, const TrainingTask& task,
                         const TrainingOptions& options, const TrainingResult& result,
                         const TrainingOrigin& origin) {
  const TrainingProgress& progress = result.progress;
  const auto samples = static_cast<double>(progress.step * task.batch);
  Json json = {{"schema", kSchema},
               {"program", origin.program},
               {"command", result.command},
               {"task", task.name},
               {"network", network.name},
               {"dataset", task.dataset},
               {"recipe", task.recipe.name},
               {"seed", options.seed},
               {"data_crc32", result.data_crc32},
               {"threads", options.threads},
               {"train_samples", result.train_samples},
               {"test_samples", result.test_samples},
               {"steps", progress.step},
               {"test", evaluation_json(result.test)},
               {"train_s", progress.train_s},
               {"total_s", result.total_s},
               {"train_samples_per_s", samples / progress.train_s},
               {"settings", settings_json(network, task, options)},
               {"epochs", epochs_json(progress)}};
  json["recipe_files"] = Json::object();
  for (const auto& [name, text] : origin.recipe_files) json["recipe_files"][name] = text;
  if (!origin.weights_sha256.empty()) json["weights_sha256"] = origin.weights_sha256;
  json["engine_steps"] = progress.engine_steps;
  if (result.tiles) {
    json["tiles"] = {{"gemms", result.tiles->gemms},
                     {"macs", result.tiles->macs},
                     {"clocks", result.tiles->clocks}};
  }
  if (task.recipe.arithmetic == TrainingArithmetic::nibble) {
    json["gradscale"] = result.grad_scales;
    json["alpha"] = result.alphas;
  }
  if (progress.trace) {
    json["trace"] = {{"step", progress.trace->step},
                     {"batch", progress.trace->batch},
                     {"operations", progress.trace->operations},
                     {"results_replayed", progress.trace->results},
                     {"mismatches", progress.trace->mismatches}};
  }
  return json.dump(2) + "\n";
}

double fp32_accuracy_from_metrics(const std::string& path, const Network& network,
                                  const TrainingTask& task, const TrainingOptions& options,
                                  const TrainingData& data) {
  const JsonFields fields = JsonFields::document(path, read_bytes(path), kSchema);
  const JsonFields settings = fields.object("settings");
  if (settings.object("recipe").text("arithmetic") != "fp32") {
    fields.fail("not the metrics of an fp32 training");
  }
  const Json there = {{"task", fields.text("task")},
                      {"seed", fields.integer("seed", 0, std::numeric_limits<std::int64_t>::max())},
                      {"data_crc32", fields.text("data_crc32")},
                      {"settings", shared_settings(settings.json())}};
  const Json here = {{"task", task.name},
                     {"seed", options.seed},
                     {"data_crc32", data_crc32(data)},
                     {"settings", shared_settings(settings_json(network, task, options).dump())}};
  const std::string difference = settings_difference(there.dump(), here.dump());
  if (!difference.empty()) fields.fail("of another training: " + difference);
  return fields.object("test").number("accuracy_percent");
}

}  // namespace nibble
