// What a training is: plain data, read from configs/tasks/*.yaml by nibblesim-train and given to
// Trainer. Defaults that are choices carry their reason in the task files.
#pragma once

#include <cstdint>
#include <string>

#include "models/gemm/gemm.h"
#include "models/training/training_recipe.h"

namespace nibble {

/// nibble4: NUMERICS' arithmetic for every layer, by the network's precision policy. fp32: the same
/// graph in plain libtorch with ReLU for PACT, for comparison.
enum class TrainingPrecision : std::uint8_t { nibble4, fp32 };

struct TrainingTask {
  std::string name, network, dataset;
  TrainingRecipe recipe;
  std::int64_t epochs = 0, batch = 0;
  bool flip = true;  // each image left to right with probability 1/2
  // SGD: linear warm-up, then a cosine to 0 at the last step
  double learning_rate = 0, momentum = 0;
  double weight_decay = 0;  // of conv and linear weights only
  std::int64_t warmup_steps = 0;
  // PACT
  double alpha_initial = 0, alpha_decay = 0, alpha_floor = 0;
  // batch norm
  double norm_momentum = 0, norm_epsilon = 0;
  /// The loss is multiplied by 2^this before the backward pass and the gradients divided by it
  /// before the update: it keeps gradients away from fp16's smallest number, 2^-31.
  int loss_scale_log2 = 0;
  int chunk_len = kDefaultChunkLen;           // lanes of the 4-bit tile
  int fp16_chunk_len = kDefaultFp16ChunkLen;  // lanes of the FP16 tile
  AccumulatorType accumulator = AccumulatorType::fp16x2;
};

}  // namespace nibble
