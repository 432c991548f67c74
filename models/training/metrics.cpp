#include "models/training/metrics.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "models/trace/json_fields.h"
#include "models/trace/safetensors.h"
#include "models/trace/trace_error.h"
#include "models/training/training_settings.h"

namespace nibble {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kSchema = "nibblesim-training-2";

/// A language model is told by exp of its mean loss a token, an image network by its accuracy; both
/// are there for either.
Json evaluation_json(const Evaluation& evaluation) {
  return {{"loss", evaluation.loss},
          {"accuracy_percent", evaluation.accuracy_percent},
          {"perplexity", std::exp(evaluation.loss)}};
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

}  // namespace

std::string metrics_json(const Network& network, const TrainingTask& task,
                         const TrainingOptions& options, const TrainingResult& result) {
  const TrainingProgress& progress = result.progress;
  const auto samples = static_cast<double>(progress.step * task.batch);
  Json json = {{"schema", kSchema},
               {"command", result.command},
               {"task", task.name},
               {"network", network.name},
               {"dataset", task.dataset},
               {"recipe", task.recipe.name},
               {"seed", options.seed},
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
  json["engine"] = result.engine.name;
  if (result.engine.gemms > 0) {
    json["engine_work"] = {{"gemms", result.engine.gemms},
                           {"macs", result.engine.macs},
                           {"clocks", result.engine.clocks}};
  }
  if (task.recipe.arithmetic == TrainingArithmetic::nibble) {
    json["gradscale"] = result.grad_scales;
    json["alpha"] = result.alphas;
  }
  if (result.trace) {
    json["trace"] = {{"step", result.trace->step},
                     {"batch", result.trace->batch},
                     {"operations", result.trace->operations.size()},
                     {"results_replayed", result.trace_results},
                     {"mismatches", result.trace_mismatches}};
  }
  return json.dump(2) + "\n";
}

double fp32_accuracy_from_metrics(const std::string& path, const TrainingTask& task) {
  const JsonFields fields = JsonFields::document(path, read_bytes(path), kSchema);
  const std::string arithmetic = fields.object("settings").object("recipe").text("arithmetic");
  if (arithmetic != "fp32" || fields.text("task") != task.name) {
    fields.fail("not the metrics of an fp32 training of " + task.name);
  }
  return fields.object("test").number("accuracy_percent");
}

}  // namespace nibble
