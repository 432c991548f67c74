#include "tools/train/task_reader.h"

#include <filesystem>

#include "sim/config/network_reader.h"
#include "sim/config/yaml_reader.h"

namespace nibble {
namespace {

constexpr const char* kNetworkOverrides = "network_file";
constexpr std::int64_t kMost = 1000000;
constexpr int kLargestLossScale = 24;

void read_pact(const YamlMap& pact, TrainingTask& task) {
  task.alpha_initial = pact.number("initial", 1e-3, 1e3);
  task.alpha_decay = pact.number("decay", 0, 1);
  task.alpha_floor = pact.number("floor", 1e-3, 1e3);
}

void read_batch_norm(const YamlMap& norm, TrainingTask& task) {
  task.norm_momentum = norm.number("momentum", 0, 1);
  task.norm_epsilon = norm.number("epsilon", 1e-12, 1);
}

void read_optimizer(const YamlMap& file, TrainingTask& task) {
  task.learning_rate = file.number("learning_rate", 0, 100);
  task.warmup_steps = file.integer("warmup_steps", 0, kMost);
  task.momentum = file.number("momentum", 0, 1);
  task.weight_decay = file.number("weight_decay", 0, 1);
}

std::string beside(const std::string& file, const std::string& relative) {
  return (std::filesystem::path(file).parent_path() / relative).lexically_normal().string();
}

std::vector<YamlOverride> without_network(const std::vector<YamlOverride>& overrides) {
  std::vector<YamlOverride> rest;
  for (const YamlOverride& change : overrides) {
    if (change.path.front() != kNetworkOverrides) rest.push_back(change);
  }
  return rest;
}

}  // namespace

TaskFile read_task(const std::string& path, const std::vector<YamlOverride>& overrides) {
  const YamlMap file = YamlMap::load(path, without_network(overrides));
  TaskFile result;
  TrainingTask& task = result.task;
  task.name = file.string("task");
  const std::string network_path = beside(path, file.string("network"));
  task.dataset = file.one_of<std::string>("dataset", {{"fashion-mnist", "fashion-mnist"}});
  task.epochs = file.integer("epochs", 1, kMost);
  task.batch = file.integer("batch", 2, kMost);
  task.flip = file.boolean("flip");
  read_optimizer(file, task);
  read_pact(file.map("pact"), task);
  read_batch_norm(file.map("batch_norm"), task);
  task.loss_scale_log2 = static_cast<int>(file.integer("loss_scale_log2", 0, kLargestLossScale));
  task.chunk_len = static_cast<int>(file.integer("chunk_len", 1, kMaxChunkLen));
  task.fp16_chunk_len = static_cast<int>(file.integer("fp16_chunk_len", 1, kMaxChunkLen));
  task.accumulator = file.one_of<AccumulatorType>(
      "accumulator", {{"fp16x2", AccumulatorType::fp16x2}, {"fp16", AccumulatorType::fp16}});
  file.finish();
  result.network = read_network(network_path, overrides_under(overrides, kNetworkOverrides));
  task.network = result.network.name;
  return result;
}

}  // namespace nibble
