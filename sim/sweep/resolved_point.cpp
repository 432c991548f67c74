#include "sim/sweep/resolved_point.h"

#include <filesystem>

#include <fmt/format.h>

#include "models/trace/trace_error.h"
#include "models/trace/weights_file.h"
#include "sim/config/config_record.h"
#include "sim/config/override_fault.h"
#include "sim/driver/experiment_run.h"
#include "sim/driver/test_samples.h"
#include "sim/report/chip_facts.h"
#include "sim/sweep/content_hash.h"

namespace nibble {
namespace {

/// Empty if the file holds no weights: the point itself will say so.
std::string dataset_of(const std::string& weights_file) {
  try {
    return weights_dataset(weights_file);
  } catch (const TraceError&) {
    return "";
  }
}

}  // namespace

const std::string& PointResolver::file_key(const std::string& file, FileStates& files) {
  const FileState state = state_of(file);
  files[file] = state;
  const auto [known, is_new] = known_files_.try_emplace(file);
  if (is_new || known->second.state != state) known->second = {state, file_hash(file)};
  return known->second.key;
}

/// A file that is missing is the point's fault: with the file it is another point.
std::string PointResolver::samples_key(const InferenceExperiment& inference, FileStates& files) {
  const std::string& weights = inference.weights_file;
  const auto [dataset, is_new] = datasets_.try_emplace(file_key(weights, files));
  if (is_new) dataset->second = dataset_of(weights);
  std::string all;
  for (const std::string& file : test_sample_files(dataset->second, inference.dataset_folder)) {
    std::error_code ignored;
    const bool is_there = std::filesystem::is_regular_file(file, ignored);
    if (!is_there) files[file] = {};
    all += is_there ? file_key(file, files) : "missing";
  }
  return all;
}

std::string PointResolver::key_of(const std::string& text, const Experiment* experiment,
                                  FileStates& files) {
  std::string all = program_ + "\n" + text;
  if (experiment != nullptr) {
    if (!experiment->trace_file.empty()) all += file_key(experiment->trace_file, files);
    if (experiment->inference) {
      all += file_key(experiment->inference->weights_file, files);
      if (experiment->engine != Engine::timing) all += samples_key(*experiment->inference, files);
    }
  }
  return content_hash(all);
}

ResolvedPoint PointResolver::resolve(const Point& point) {
  ResolvedPoint resolved;
  const ConfigRecord record;
  try {
    resolved.experiment = read_point(sweep_, point);
    resolved.key = key_of(record.text(), &*resolved.experiment, resolved.files);
  } catch (const BadInput& fault) {
    resolved.fault = fault.what();
    // The files that were read may not hold what the fault is about.
    resolved.key = key_of(record.text() + resolved.fault, nullptr, resolved.files);
  }
  return resolved;
}

std::vector<YamlOverride> overrides_of(const std::vector<Setting>& set, const Point& point) {
  std::vector<YamlOverride> overrides;
  for (const std::vector<Setting>* settings : {&set, &point}) {
    for (const auto& [key, value] : *settings) {
      overrides.push_back(parse_override(fmt::format("{}={}", key, value)));
    }
  }
  return overrides;
}

Experiment read_point(const Sweep& sweep, const Point& point) {
  return read_overridden(overrides_of(sweep.set, point),
                         [&](const std::vector<YamlOverride>& overrides) {
                           return read_runnable(sweep.experiment_file, overrides);
                         });
}

Json figures_beforehand(const Experiment& experiment) {
  return chip_facts(experiment.chip, experiment.energy);
}

}  // namespace nibble
