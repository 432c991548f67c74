#include "sim/driver/experiment.h"

#include <filesystem>

#include <fmt/format.h>

#include "models/datasets/fashion_mnist.h"
#include "sim/base/bad_input.h"
#include "sim/config/network_precision.h"
#include "sim/config/network_reader.h"
#include "sim/config/part_file.h"
#include "sim/config/yaml_reader.h"
#include "sim/driver/experiment_parts.h"

namespace nibble {
namespace {

constexpr std::int64_t kMostImages = 10'000;              // the test set
constexpr std::int64_t kMostSamples = 1'000'000'000'000;  // of an epoch
constexpr const char* kTensors = ".safetensors";

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

/// A name of configs/traces, or the path of such a file from where the program runs.
std::string tensors_file(const YamlMap& map, const std::string& key, const std::string& configs) {
  std::string name = map.string(key);
  const std::size_t length = std::string(kTensors).size();
  const bool path = name.size() > length && name.substr(name.size() - length) == kTensors;
  if (!path) return part_file(map, key, configs, "traces", kTensors);
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(name, ignored)) {
    throw map.error(key, name + " is no file", "allowed a path, or a name of configs/traces");
  }
  return name;
}

InferenceExperiment read_inference(const YamlMap& map, const std::string& configs_folder) {
  InferenceExperiment inference;
  inference.weights_file = tensors_file(map, "weights", configs_folder);
  inference.dataset_folder = map.string_or("dataset_folder", kFashionMnistFolder);
  inference.images = map.integer("images", 1, kMostImages);
  return inference;
}

/// The chip beside it, and whether what lies between the two is simulated.
void read_twin(const YamlMap& map, Experiment& experiment) {
  using Twin = std::optional<TwinKind>;
  experiment.twin = map.one_of_or<Twin>("twin", TwinKind::equal_area,
                                        {{"equal_area", TwinKind::equal_area},
                                         {"equal_lanes", TwinKind::equal_lanes},
                                         {"equal_density", TwinKind::equal_density},
                                         {"equal_power", TwinKind::equal_power},
                                         {"none", std::nullopt}});
  experiment.twin_precision =
      map.one_of_or<ChipPrecision>("twin_precision", ChipPrecision::fp16,
                                   {{"fp16", ChipPrecision::fp16}, {"fp8", ChipPrecision::fp8}});
  experiment.waterfall = map.boolean_or("waterfall", true);
}

EpochPlan read_epoch(const YamlMap& map) {
  EpochPlan plan;
  plan.samples = map.integer("samples", 1, kMostSamples);
  if (map.has("battery_wh")) plan.battery_wh = map.number("battery_wh", 0.001, 1e6);
  return plan;
}

GemmMapping read_gemm_mapping(const YamlMap& map) {
  constexpr std::int64_t kMost = std::int64_t{1} << 40;
  GemmMapping mapping;
  mapping.split = map.one_of_or<CoreSplit>("split", CoreSplit::rows,
                                           {{"rows", CoreSplit::rows},
                                            {"columns", CoreSplit::columns},
                                            {"depth", CoreSplit::depth},
                                            {"groups", CoreSplit::groups}});
  mapping.held = map.one_of_or<HeldOperand>(
      "hold", HeldOperand::stationary,
      {{"stationary", HeldOperand::stationary}, {"streamed", HeldOperand::streamed}});
  mapping.rows = map.integer_or("rows", 0, 0, kMost);
  mapping.columns = map.integer_or("columns", 0, 0, kMost);
  mapping.depth = map.integer_or("depth", 0, 0, kMost);
  return mapping;
}

MappingExperiment read_mapping(const YamlMap& map) {
  constexpr std::int64_t kMostTried = 1000;
  MappingExperiment mapping;
  mapping.search = static_cast<int>(map.integer_or("search", 0, 0, kMostTried));
  if (const auto pinned = map.optional_map("pin")) {
    for (const std::string& name : pinned->keys()) {
      mapping.pinned.push_back({name, read_gemm_mapping(pinned->map(name)), pinned->place(name)});
    }
  }
  return mapping;
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
  if (!map.has("experiment")) {  // mostly a chip or a network
    throw map.error("experiment", "is missing, this is no experiment",
                    "allowed are files like configs/experiments/any_network.yaml");
  }
  experiment.name = map.string("experiment");
  experiment.engine = map.one_of<Engine>(
      "engine", {{"rtl", Engine::rtl}, {"model", Engine::model}, {"timing", Engine::timing}});
  experiment.training = map.one_of<bool>("mode", {{"training", true}, {"inference", false}});
  experiment.batch = map.integer("batch", 1, 65536);
  experiment.accumulator = map.one_of_or<AccumulatorType>(
      "accumulator", AccumulatorType::fp16x2,
      {{"fp16x2", AccumulatorType::fp16x2}, {"fp16", AccumulatorType::fp16}});
  experiment.seed = map.integer_or("seed", 1, 0, INT64_MAX);
  read_twin(map, experiment);
  experiment.memoise = map.boolean_or("memoise", true);
  if (const auto mapping = map.optional_map("mapping")) {
    experiment.mapping = read_mapping(*mapping);
  }
  std::optional<PrecisionPolicy> policy;
  if (const auto precision = map.optional_map("precision")) policy.emplace(*precision);
  const std::string chip_file = part_file(map, "chip", configs, "chips");
  const std::string network_file = part_file(map, "network", configs, "networks");
  const std::string chip = map.string("chip");
  if (map.has("trace")) {
    experiment.trace_file = tensors_file(map, "trace", configs);
  }
  if (const auto inference = map.optional_map("inference")) {
    experiment.inference = read_inference(*inference, configs);
  }
  if (const auto epoch = map.optional_map("epoch")) {
    if (!experiment.training) {
      throw map.error("epoch", "stands beside mode inference", "allowed with mode training");
    }
    experiment.epoch = read_epoch(*epoch);
  }
  try {
    map.finish();
  } catch (const BadInput& fault) {
    throw with_hint(fault, overrides, configs, chip, network_file);
  }
  experiment.chip = read_chip(configs, chip, overrides_under(overrides, "chip"));
  experiment.network = read_network(network_file, overrides_under(overrides, "network"));
  experiment.notes = name_notes({{file, {"experiment"}, experiment.name},
                                 {chip_file, {"chip", "chip"}, experiment.chip.name},
                                 {network_file, {"network", "network"}, experiment.network.name}},
                                overrides);
  if (policy) policy->replace(experiment.network);
  experiment.energy = read_energy_table(configs, experiment.chip.energy_file,
                                        experiment.chip.silicon.cells.node_nm);
  return experiment;
}

}  // namespace nibble
