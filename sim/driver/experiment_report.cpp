#include "sim/driver/experiment_report.h"

#include <filesystem>

#include "models/layers/layer_names.h"

namespace nibble {
namespace {

/// What a batch counts: by the input's shape, as a sequence is [T,1,C].
const char* sample_word(const FeatureShape& input) {
  if (input.w > 1) return "image";
  return input.h > 1 ? "sequence" : "sample";
}

/// Names of the layers that multiply, by their precision, in the network's order.
Json precision_json(const Network& network) {
  Json json = Json::object();
  for (const auto& [name, precision] : kLayerPrecisionNames) {
    Json layers = Json::array();
    for (const Layer& layer : network.layers) {
      if (multiplies(layer) && layer.precision == precision) layers.push_back(layer.name);
    }
    if (!layers.empty()) json[std::string(name)] = layers;
  }
  return json;
}

}  // namespace

Json experiment_report(const Experiment& experiment) {
  Json trace;
  if (!experiment.trace_file.empty()) {
    trace = std::filesystem::path(experiment.trace_file).stem().string();
  }
  return {{"schema", kResultSchema},
          {"experiment", experiment.name},
          {"network", experiment.network.name},
          {"engine", engine_name(experiment.engine)},
          {"mode", experiment.training ? "training" : "inference"},
          {"batch", experiment.batch},
          {"sample", sample_word(experiment.network.input)},
          {"seed", experiment.seed},
          {"trace", trace},
          {"precision", precision_json(experiment.network)}};
}

}  // namespace nibble
