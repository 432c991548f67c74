#include "models/training/metrics.h"

#include <nlohmann/json.hpp>

#include "models/trace/json_fields.h"
#include "models/trace/safetensors.h"
#include "models/trace/trace_error.h"

namespace nibble {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kSchema = "nibblesim-training-1";

const char* word(TrainingPrecision precision) {
  return precision == TrainingPrecision::fp32 ? "fp32" : "nibble4";
}

Json task_json(const TrainingTask& task) {
  return {
      {"epochs", task.epochs},
      {"batch", task.batch},
      {"flip", task.flip},
      {"learning_rate", task.learning_rate},
      {"warmup_steps", task.warmup_steps},
      {"momentum", task.momentum},
      {"weight_decay", task.weight_decay},
      {"pact",
       {{"initial", task.alpha_initial}, {"decay", task.alpha_decay}, {"floor", task.alpha_floor}}},
      {"batch_norm", {{"momentum", task.norm_momentum}, {"epsilon", task.norm_epsilon}}},
      {"loss_scale_log2", task.loss_scale_log2},
      {"chunk_len", task.chunk_len},
      {"fp16_chunk_len", task.fp16_chunk_len},
      {"accumulator", accumulator_words()[static_cast<std::size_t>(task.accumulator)]}};
}

Json epochs_json(const TrainingResult& result) {
  Json list = Json::array();
  for (const EpochResult& epoch : result.epochs) {
    list.push_back({{"train_loss", epoch.train_loss},
                    {"train_accuracy_percent", epoch.train_accuracy_percent},
                    {"test_accuracy_percent", epoch.test_accuracy_percent},
                    {"train_s", epoch.seconds}});
  }
  return list;
}

}  // namespace

std::string metrics_json(const Network& network, const TrainingTask& task,
                         const TrainingOptions& options, const TrainingResult& result,
                         const std::string& command) {
  const double images = static_cast<double>(result.steps * task.batch);
  Json json = {{"schema", kSchema},
               {"command", command},
               {"task", task.name},
               {"network", network.name},
               {"dataset", task.dataset},
               {"precision", word(options.precision)},
               {"seed", options.seed},
               {"threads", options.threads},
               {"train_images", result.train_images},
               {"test_images", result.test_images},
               {"steps", result.steps},
               {"test_top1_percent", result.test_accuracy_percent()},
               {"train_s", result.train_s},
               {"total_s", result.total_s},
               {"train_images_per_s", images / result.train_s},
               {"settings", task_json(task)},
               {"epochs", epochs_json(result)}};
  if (options.precision == TrainingPrecision::nibble4) {
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
  if (fields.text("precision") != "fp32" || fields.text("task") != task.name) {
    fields.fail("not the metrics of an fp32 training of " + task.name);
  }
  return fields.number("test_top1_percent");
}

}  // namespace nibble
