// A training step of configs/tasks/fashion_mnist_resnet8.yaml, forward, backward and update, in
// exact 4-bit arithmetic and in plain FP32 libtorch: processor time, one thread each, in turn, so
// that both meet the same disturbances. Exits 1 if the 4-bit step takes more than half of FP32's.
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

constexpr const char* kTask = "configs/tasks/fashion_mnist_resnet8.yaml";
constexpr int kRounds = 30;
constexpr double kMostShare = 0.5;
constexpr double kLearningRate = 0.01;

Batch random_batch(const TaskFile& file) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<float> grey(-1.5F, 2.0F);
  Batch batch;
  batch.samples = file.task.batch;
  const std::int64_t values = file.task.batch * file.network.input.elements();
  for (std::int64_t i = 0; i < values; ++i) batch.images.push_back(fp16_from_float(grey(random)));
  for (std::int64_t i = 0; i < file.task.batch; ++i) {
    batch.labels.push_back(static_cast<std::int32_t>(random() % 10));
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

int run() {
  const TaskFile file = read_task(kTask, {});
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
  for (int round = 0; round < kRounds; ++round) {
    for (Contestant& one : all) one.step(batch);
  }
  const double fp32 = std::min(all[0].best_ms, all[1].best_ms);
  fmt::print("{}, batch {}: processor time of a step, best of {}\n", file.task.name,
             file.task.batch, kRounds);
  fmt::print("{:<38}{:>10}{:>14}\n", "", "ms", "of best FP32");
  for (const Contestant& one : all) {
    fmt::print("{:<38}{:>10.1f}{:>13.2f}x\n", one.name, one.best_ms, one.best_ms / fp32);
  }
  Verdicts verdicts;
  verdicts.at_most("4-bit training step against FP32", all.back().best_ms / fp32, kMostShare, "x");
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
