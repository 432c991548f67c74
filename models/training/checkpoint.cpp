#include "models/training/checkpoint.h"

#include <nlohmann/json.hpp>

#include "models/trace/json_fields.h"
#include "models/trace/safetensors.h"
#include "models/trace/tensor_bytes.h"
#include "models/trace/trace_error.h"

namespace nibble {
namespace {

using Json = nlohmann::json;

constexpr const char* kSchema = "nibblesim-checkpoint-1";
constexpr std::int64_t kMost = std::int64_t{1} << 53;
// Each kind of array has a prefix in front of its names.
constexpr const char* kParameter = "parameter/";
constexpr const char* kState = "state/";
constexpr const char* kMoment = "moment/";

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

/// An array without elements has no bytes to store: it comes back as a missing one.
void store(const char* prefix, const NamedArrays& arrays, SafetensorsFile& file) {
  for (const auto& [name, values] : arrays) {
    if (!values.empty()) file.tensors[prefix + name] = stored_floats(values);
  }
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
  const Json document = {{"schema", kSchema},
                         {"identity", checkpoint.identity},
                         {"command", checkpoint.command},
                         {"step", progress.step},
                         {"epoch", json_of(progress.epoch)},
                         {"line", json_of(progress.line)},
                         {"epoch_s", progress.epoch_s},
                         {"train_s", progress.train_s},
                         {"epochs", epochs},
                         {"curve", checkpoint.curve},
                         {"gradients", checkpoint.gradients},
                         {"updates", checkpoint.updates}};
  SafetensorsFile file;
  file.json = document.dump();
  store(kParameter, checkpoint.parameters, file);
  store(kState, checkpoint.states, file);
  store(kMoment, checkpoint.moments, file);
  return safetensors_bytes(file);
}

Checkpoint parse_checkpoint(const std::string& name, std::string_view bytes) {
  const SafetensorsFile file = parse_safetensors(name, bytes);
  const JsonFields fields = JsonFields::document(name, file.json, kSchema);
  Checkpoint checkpoint;
  checkpoint.identity = fields.text("identity");
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
  checkpoint.curve = fields.text("curve");
  checkpoint.gradients = fields.text("gradients");
  checkpoint.updates = fields.integer("updates", 0, kMost);
  checkpoint.parameters = arrays_of(kParameter, name, file);
  checkpoint.states = arrays_of(kState, name, file);
  checkpoint.moments = arrays_of(kMoment, name, file);
  return checkpoint;
}

}  // namespace nibble
