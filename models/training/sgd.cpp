#include "models/training/sgd.h"

#include <cmath>
#include <stdexcept>
#include <utility>

namespace nibble {
namespace {

constexpr double kPi = 3.141592653589793;

}  // namespace

std::unique_ptr<torch::optim::SGD> make_sgd(const NetworkParameters& parameters,
                                            const TrainingTask& task) {
  const auto group = [&](const std::vector<torch::Tensor>& members, double decay) {
    auto options = std::make_unique<torch::optim::SGDOptions>(task.learning_rate);
    options->momentum(task.momentum).weight_decay(decay);
    return torch::optim::OptimizerParamGroup(members, std::move(options));
  };
  std::vector<torch::optim::OptimizerParamGroup> groups = {
      group(parameters.weights, task.weight_decay), group(parameters.norms, 0)};
  if (!parameters.alphas.empty()) groups.push_back(group(parameters.alphas, task.alpha_decay));
  return std::make_unique<torch::optim::SGD>(
      groups, torch::optim::SGDOptions(task.learning_rate).momentum(task.momentum));
}

double learning_rate(const TrainingTask& task, std::int64_t step, std::int64_t steps) {
  if (step < task.warmup_steps) {
    return task.learning_rate * static_cast<double>(step + 1) /
           static_cast<double>(task.warmup_steps);
  }
  const double done = static_cast<double>(step - task.warmup_steps) /
                      static_cast<double>(steps - task.warmup_steps);
  return task.learning_rate * 0.5 * (1.0 + std::cos(kPi * done));
}

BatchOutcome train_step(TrainableNetwork& network, torch::optim::SGD& optimizer, double rate,
                        const Batch& batch) {
  for (auto& group : optimizer.param_groups()) group.options().set_lr(rate);
  const BatchOutcome outcome = network.run(batch);
  if (std::isfinite(outcome.loss)) {
    optimizer.step();
    network.finish_step();
  }
  return outcome;
}

}  // namespace nibble
