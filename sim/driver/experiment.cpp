#include "sim/driver/experiment.h"

#include <filesystem>

#include <fmt/format.h>

#include "models/datasets/fashion_mnist.h"
#include "sim/base/bad_input.h"
#include "sim/config/network_reader.h"
#include "sim/config/yaml_reader.h"

namespace nibble {
namespace {

constexpr std::int64_t kMostImages = 10'000;  // the test set

/// The overrides that belong to the experiment's own file: all but those below `chip.`, `network.`.
std::vector<YamlOverride> own_overrides(const std::vector<YamlOverride>& overrides) {
  std::vector<YamlOverride> own;
  for (const YamlOverride& change : overrides) {
    const bool of_part = change.path.size() > 1 &&
                         (change.path.front() == "chip" || change.path.front() == "network");
    if (!of_part) own.push_back(change);
  }
  return own;
}

/// An experiment lies in CONFIGS/experiments/.
std::string configs_folder_of(const std::string& file) {
  const std::filesystem::path folder = std::filesystem::path(file).parent_path();
  if (folder.empty() || folder.filename() == "." || folder.filename() == "..") {
    return (folder / "..").string();
  }
  const std::filesystem::path above = folder.parent_path();
  return above.empty() ? "." : above.string();
}

InferenceExperiment read_inference(const YamlMap& map, const std::string& configs_folder) {
  InferenceExperiment inference;
  inference.weights_file = configs_folder + "/traces/" + map.string("weights") + ".safetensors";
  inference.dataset_folder = map.string_or("dataset_folder", kFashionMnistFolder);
  inference.images = map.integer("images", 1, kMostImages);
  return inference;
}

}  // namespace

const char* engine_name(Engine engine) {
  switch (engine) {
    case Engine::rtl:
      return "rtl";
    case Engine::model:
      return "model";
    case Engine::timing:
      return "timing";
  }
  return "unknown";
}

void check_arithmetic(const Experiment& experiment, const std::string& file,
                      const MadeWith& made_with) {
  const auto check_lanes = [&](const char* key, int lanes, int chunk_len) {
    if (lanes == chunk_len) return;
    throw bad_file(
        file, fmt::format("was made with chunks of {}, the chip's {} is {}", chunk_len, key, lanes),
        fmt::format("allowed a chip with {} {}", key, chunk_len));
  };
  check_lanes("tile.lanes", experiment.chip.tile.lanes, made_with.chunk_len);
  if (experiment.chip.fp16_tile) {
    check_lanes("fp16_tile.lanes", experiment.chip.fp16_tile->lanes, made_with.fp16_chunk_len);
  }
  if (made_with.accumulator != experiment.accumulator) {
    throw bad_file(file, "was made with another accumulator", "allowed the same accumulator");
  }
}

Experiment read_experiment(const std::string& file, const std::vector<YamlOverride>& overrides) {
  const YamlMap map = YamlMap::load(file, own_overrides(overrides));
  const std::string configs = configs_folder_of(file);
  Experiment experiment;
  experiment.file = file;
  experiment.name = map.string("experiment");
  experiment.engine = map.one_of<Engine>(
      "engine", {{"rtl", Engine::rtl}, {"model", Engine::model}, {"timing", Engine::timing}});
  experiment.training = map.one_of<bool>("mode", {{"training", true}, {"inference", false}});
  experiment.batch = map.integer("batch", 1, 65536);
  experiment.accumulator = map.one_of_or<AccumulatorType>(
      "accumulator", AccumulatorType::fp16x2,
      {{"fp16x2", AccumulatorType::fp16x2}, {"fp16", AccumulatorType::fp16}});
  experiment.seed = map.integer_or("seed", 1, 0, INT64_MAX);
  experiment.twin = map.one_of_or<TwinKind>(
      "twin", TwinKind::equal_area,
      {{"equal_area", TwinKind::equal_area}, {"equal_lanes", TwinKind::equal_lanes}});
  const std::string chip = map.string("chip");
  const std::string network = map.string("network");
  if (map.has("trace")) {
    experiment.trace_file = configs + "/traces/" + map.string("trace") + ".safetensors";
  }
  if (const auto inference = map.optional_map("inference")) {
    experiment.inference = read_inference(*inference, configs);
  }
  map.finish();
  experiment.chip = read_chip(configs, chip, overrides_under(overrides, "chip"));
  experiment.network = read_network(configs + "/networks/" + network + ".yaml",
                                    overrides_under(overrides, "network"));
  experiment.energy = read_energy_table(configs, experiment.chip.energy);
  return experiment;
}

}  // namespace nibble
