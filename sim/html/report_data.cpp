#include "sim/html/report_data.h"

#include <filesystem>
#include <initializer_list>
#include <map>

#include <fmt/format.h>

#include "sim/base/bad_input.h"
#include "sim/html/csv_columns.h"
#include "sim/html/json_file.h"
#include "sim/report/page.h"
#include "sim/report/summary.h"
#include "sim/report/summary_sources.h"

namespace nibble {
namespace {

constexpr const char* kResultSchema = "nibblesim-result-1";
constexpr const char* kTrainingSchema = "nibblesim-training-3";
constexpr const char* kAllowed =
    "allowed is a folder that `nibblesim run -o` (result.json), `sweep -o` (sweep.db) or `train "
    "-o` "
    "(metrics.json, curve.csv) wrote";

/// The page goes along as text, and the words of its last parts: they have one home, sim/report.
Json run_data(const std::string& file) {
  const Json result = read_json(file, kResultSchema);
  Json data{{"kind", "run"}, {"result", result}};
  try {
    Page rests_on, checks;
    add_sources(rests_on, result);
    add_checks(checks, result);
    data["page"] = summary_page(result);
    data["rests_on"] = rests_on.str();
    data["checks"] = checks.str();
  } catch (const Json::exception& fault) {
    throw lacks_part(file, fault);
  }
  return data;
}

template <typename Value>
void need(const Json& part, std::initializer_list<const char*> keys) {
  for (const char* key : keys) static_cast<void>(part.at(key).get<Value>());
}

/// What the page of a training cannot do without.
void check_metrics(const std::string& file, const Json& metrics) {
  try {
    need<double>(metrics.at("test"), {"loss", "accuracy_percent"});
    need<std::string>(metrics, {"network", "recipe", "task", "dataset", "program", "command"});
    need<double>(metrics, {"steps", "seed", "threads", "train_s", "train_samples", "test_samples",
                           "train_samples_per_s"});
    need<std::map<std::string, std::string>>(metrics.at("settings"), {"precision"});
    need<std::map<std::string, double>>(metrics, {"engine_steps"});
    for (const Json& epoch : metrics.at("epochs")) {
      need<double>(epoch, {"train_loss", "train_accuracy_percent", "train_s"});
    }
  } catch (const Json::exception& fault) {
    throw lacks_part(file, fault);
  }
}

Json training_data(const std::string& folder) {
  const auto columns = [&](const char* name, const std::vector<std::string>& needed) {
    const std::string file = folder + "/" + name;
    return std::filesystem::exists(file) ? csv_columns(file, read_text(file), needed) : Json();
  };
  Json metrics;
  const std::string file = folder + "/metrics.json";
  if (std::filesystem::exists(file)) {
    metrics = read_json(file, kTrainingSchema);
    check_metrics(file, metrics);
  }
  return {{"kind", "training"},
          {"metrics", metrics},
          {"curve", columns("curve.csv", {"step", "loss", "accuracy_percent", "learning_rate"})},
          {"gradients", columns("gradients.csv", {"step", "layer", "quantity", "key", "value"})}};
}

}  // namespace

Json report_data(const std::string& folder) {
  const auto holds = [&](const char* name) { return std::filesystem::exists(folder + "/" + name); };
  std::error_code fault;
  const auto state = std::filesystem::status(folder, fault);
  if (fault && state.type() != std::filesystem::file_type::not_found) {
    throw bad_file(folder, system_fault("cannot be read", fault.value()), kAllowed);
  }
  if (!std::filesystem::exists(state)) throw bad_file(folder, "does not exist", kAllowed);
  if (!std::filesystem::is_directory(state)) throw bad_file(folder, "is not a folder", kAllowed);
  if (holds("result.json")) return run_data(folder + "/result.json");
  if (holds("metrics.json") || holds("curve.csv")) return training_data(folder);
  throw bad_file(folder, "holds nothing to report", kAllowed);
}

}  // namespace nibble
