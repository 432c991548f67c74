// A training step of each task of configs/tasks, forward, backward and update, in exact 4-bit
// arithmetic and in plain FP32 libtorch: processor time, one thread each, in turn, so that both
// meet the same disturbances. Exits 1 if ResNet-8's 4-bit step takes more than half of FP32's.
#include <algorithm>
#include <ctime>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <fmt/core.h>
#include <malloc.h>

#include "models/gemm/gemm_simd.h"
#include "models/gemm/packed_kernels.h"
#include "models/training/fp32_network.h"
#include "models/training/optimizer.h"
#include "models/training/trained_network.h"
#include "tools/bench/verdicts.h"
#include "tools/train/task_reader.h"

namespace nibble {
namespace {

struct MeasuredTask {
  const char* name;
  int rounds;
};
constexpr MeasuredTask kTasks[] = {{"fashion_mnist_resnet8", 30},
                                   {"fashion_mnist_resnet11", 5},
                                   {"fashion_mnist_mobilenet", 5},
                                   {"bible_lstm", 3},
                                   {"bible_transformer", 3}};
constexpr double kMostShare = 0.5;
constexpr double kLearningRate = 0.01;

Batch random_batch(const TaskFile& file) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<float> grey(-1.5F, 2.0F);
  const auto classes = static_cast<std::uint64_t>(file.network.classes);
  Batch batch;
  batch.samples = file.task.batch;
  const std::int64_t values = file.task.batch * file.network.input.elements();
  const bool text = reads_tokens(file.network);
  for (std::int64_t i = 0; i < values; ++i) {
    if (text) {
      batch.tokens.push_back(static_cast<std::int32_t>(random() % classes));
    } else {
      batch.images.push_back(fp16_from_float(grey(random)));
    }
  }
  for (std::int64_t i = 0; i < (text ? values : file.task.batch); ++i) {
    batch.labels.push_back(static_cast<std::int32_t>(random() % classes));
  }
  return batch;
}

/// One network and its best step so far.
struct Contestant {
  std::string name;
  std::unique_ptr<TrainableNetwork> network;
  bool without_amx = false;
  std::optional<Optimizer> optimizer;
  double best_ms = 1e9;

  void step(const Batch& batch) {
    std::unique_ptr<WithoutAmx> guard;
    if (without_amx) guard = std::make_unique<WithoutAmx>();
    const std::clock_t start = std::clock();
    network->run(batch);
    optimizer->step(network->parameters(), kLearningRate);
    network->finish_step();
    const double ms = 1e3 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    best_ms = std::min(best_ms, ms);
  }
};

/// Prints a table; returns the best 4-bit step's share of the best FP32 step.
double measure(const MeasuredTask& task) {
  const TaskFile file = read_task(fmt::format("configs/tasks/{}.yaml", task.name), {});
  const Batch batch = random_batch(file);
  std::vector<Contestant> all(amx_available() ? 4 : 3);
  const std::string set = simd_instruction_set();
  all[0].name = "FP32 libtorch, channels first";
  all[0].network = std::make_unique<Fp32Network>(file.network, file.task, 1,
                                                 Fp32Network::Layout::channels_first);
  all[1].name = "FP32 libtorch, channels last";
  all[1].network =
      std::make_unique<Fp32Network>(file.network, file.task, 1, Fp32Network::Layout::channels_last);
  all[2].name = "exact 4 bits, " + set;
  all[2].without_amx = true;
  if (all.size() > 3) all[3].name = "exact 4 bits, " + set + " with AMX";
  for (std::size_t i = 2; i < all.size(); ++i) {
    all[i].network = std::make_unique<TrainedNetwork>(file.network, file.task, 1);
  }
  for (Contestant& one : all) one.optimizer.emplace(file.task);
  for (int round = 0; round < task.rounds; ++round) {
    for (Contestant& one : all) one.step(batch);
  }
  const double fp32 = std::min(all[0].best_ms, all[1].best_ms);
  fmt::print("{}, batch {}: processor time of a step, best of {}\n", file.task.name,
             file.task.batch, task.rounds);
  fmt::print("{:<38}{:>10}{:>14}\n", "", "ms", "of best FP32");
  for (const Contestant& one : all) {
    fmt::print("{:<38}{:>10.1f}{:>13.2f}x\n", one.name, one.best_ms, one.best_ms / fp32);
  }
  fmt::print("\n");
  return all.back().best_ms / fp32;
}

int run() {
  Verdicts verdicts;
  for (const MeasuredTask& task : kTasks) {
    const double share = measure(task);
    if (&task == &kTasks[0]) {
      verdicts.at_most("4-bit training step against FP32", share, kMostShare, "x");
    }
  }
  return verdicts.finish();
}

}  // namespace
}  // namespace nibble

int main() {
  // As in nibblesim-train: tensors of some megabytes stay with the program.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  torch::set_num_threads(1);
  return nibble::run();
}
