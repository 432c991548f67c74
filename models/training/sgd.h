// The optimizer of a training: libtorch's SGD with momentum, a weight decay for each kind of
// parameter.
#pragma once

#include <cstdint>
#include <memory>

#include <torch/torch.h>

#include "models/training/trainable_network.h"
#include "models/training/training_task.h"

namespace nibble {

[[nodiscard]] std::unique_ptr<torch::optim::SGD> make_sgd(const NetworkParameters& parameters,
                                                          const TrainingTask& task);

/// Learning rate of a step: linear warm-up, then a cosine to 0.
[[nodiscard]] double learning_rate(const TrainingTask& task, std::int64_t step, std::int64_t steps);

/// One step: gradients, update, and what the network does after it.
BatchOutcome train_step(TrainableNetwork& network, torch::optim::SGD& optimizer, double rate,
                        const Batch& batch);

}  // namespace nibble
