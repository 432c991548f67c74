#include "models/training/checkpoint.h"

#include <nlohmann/json.hpp>

#include "models/trace/json_fields.h"
#include "models/trace/safetensors.h"
#include "models/trace/tensor_bytes.h"
#include "models/trace/trace_error.h"

namespace nibble {
namespace {

using Json = nlohmann::json;

constexpr const char* kSchema = "nibblesim-checkpoint-3";
constexpr std::int64_t kMost = std::int64_t{1} << 53;
// Each kind of array has a prefix in front of its names.
constexpr const char* kParameter = "parameter/";
constexpr const char* kState = "state/";
constexpr const char* kMoment = "moment/";
// Lines of CSV grow with the training: bytes of their own keep the JSON document small.
constexpr const char *kCurve = "curve", *kGradients = "gradients";

Json json_of(const StepSums& sums) {
  return {{"loss", sums.loss}, {"correct", sums.correct}, {"steps", sums.steps}};
}

Json json_of(const EpochResult& epoch) {
  Json json = {{"train_loss", epoch.train_loss},
               {"train_accuracy_percent", epoch.train_accuracy_percent},
               {"seconds", epoch.seconds}};
  if (epoch.validation) {
    json["validation"] = {{"loss", epoch.validation->loss},
                          {"accuracy_percent", epoch.validation->accuracy_percent}};
  }
  return json;
}

Json json_of(const TraceSummary& trace) {
  return {{"step", trace.step},
          {"batch", trace.batch},
          {"operations", trace.operations},
          {"results", trace.results},
          {"mismatches", trace.mismatches}};
}

TraceSummary trace_from(const JsonFields& fields) {
  const auto count = [&](const char* key) { return fields.integer(key, 0, kMost); };
  return {count("step"), count("batch"), count("operations"), count("results"),
          count("mismatches")};
}

StepSums sums_from(const JsonFields& fields) {
  return {fields.number("loss"), fields.integer("correct", 0, kMost),
          fields.integer("steps", 0, kMost)};
}

EpochResult epoch_from(const JsonFields& fields) {
  EpochResult epoch;
  epoch.train_loss = fields.number("train_loss");
  epoch.train_accuracy_percent = fields.number("train_accuracy_percent");
  epoch.seconds = fields.number("seconds");
  if (fields.has("validation")) {
    const JsonFields validation = fields.object("validation");
    epoch.validation = {validation.number("loss"), validation.number("accuracy_percent")};
  }
  return epoch;
}

std::map<std::string, std::int64_t> engine_steps_from(const JsonFields& fields) {
  std::map<std::string, std::int64_t> steps;
  const Json object = Json::parse(fields.json());
  for (const auto& item : object.items()) {
    steps[item.key()] = fields.integer(item.key().c_str(), 1, kMost);
  }
  return steps;
}

/// An array without elements has no bytes to store: it comes back as a missing one.
void store(const char* prefix, const NamedArrays& arrays, SafetensorsFile& file) {
  for (const auto& [name, values] : arrays) {
    if (!values.empty()) file.tensors[prefix + name] = stored_floats(values);
  }
}

void store_text(const char* name, const std::string& text, SafetensorsFile& file) {
  if (text.empty()) return;
  file.tensors[name] = {TensorType::u8, {static_cast<std::int64_t>(text.size())}, text};
}

std::string text_of(const char* name, const SafetensorsFile& file) {
  const auto place = file.tensors.find(name);
  return place == file.tensors.end() ? "" : place->second.bytes;
}

NamedArrays arrays_of(const char* prefix, const std::string& name, const SafetensorsFile& file) {
  NamedArrays arrays;
  const std::string begin = prefix;
  for (const auto& [key, tensor] : file.tensors) {
    if (key.compare(0, begin.size(), begin) != 0) continue;
    arrays[key.substr(begin.size())] = floats_of(name, file, key);
  }
  return arrays;
}

}  // namespace

std::string checkpoint_bytes(const Checkpoint& checkpoint) {
  const TrainingProgress& progress = checkpoint.progress;
  Json epochs = Json::array();
  for (const EpochResult& epoch : progress.epochs) epochs.push_back(json_of(epoch));
  Json document = {{"schema", kSchema},
                   {"identity", Json::parse(checkpoint.identity)},
                   {"command", checkpoint.command},
                   {"step", progress.step},
                   {"epoch", json_of(progress.epoch)},
                   {"line", json_of(progress.line)},
                   {"epoch_s", progress.epoch_s},
                   {"train_s", progress.train_s},
                   {"epochs", epochs},
                   {"engine_steps", progress.engine_steps},
                   {"updates", checkpoint.updates}};
  if (progress.trace) document["trace"] = json_of(*progress.trace);
  SafetensorsFile file;
  file.json = document.dump();
  store_text(kCurve, checkpoint.curve, file);
  store_text(kGradients, checkpoint.gradients, file);
  store(kParameter, checkpoint.parameters, file);
  store(kState, checkpoint.states, file);
  store(kMoment, checkpoint.moments, file);
  return safetensors_bytes(file);
}

Checkpoint parse_checkpoint(const std::string& name, std::string_view bytes) {
  const SafetensorsFile file = parse_safetensors(name, bytes);
  const JsonFields fields = JsonFields::document(name, file.json, kSchema);
  Checkpoint checkpoint;
  checkpoint.identity = fields.object("identity").json();
  checkpoint.command = fields.text("command");
  TrainingProgress& progress = checkpoint.progress;
  progress.step = fields.integer("step", 0, kMost);
  progress.epoch = sums_from(fields.object("epoch"));
  progress.line = sums_from(fields.object("line"));
  progress.epoch_s = fields.number("epoch_s");
  progress.train_s = fields.number("train_s");
  for (const JsonFields& epoch : fields.list("epochs")) {
    progress.epochs.push_back(epoch_from(epoch));
  }
  progress.engine_steps = engine_steps_from(fields.object("engine_steps"));
  if (fields.has("trace")) progress.trace = trace_from(fields.object("trace"));
  checkpoint.curve = text_of(kCurve, file);
  checkpoint.gradients = text_of(kGradients, file);
  checkpoint.updates = fields.integer("updates", 0, kMost);
  checkpoint.parameters = arrays_of(kParameter, name, file);
  checkpoint.states = arrays_of(kState, name, file);
  checkpoint.moments = arrays_of(kMoment, name, file);
  return checkpoint;
}

}  // namespace nibble
