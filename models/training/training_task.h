// What a training is: plain data, read from configs/tasks/*.yaml by nibblesim-train and given to
// Trainer. Defaults that are choices carry their reason in the task files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "models/formats/names.h"
#include "models/gemm/gemm.h"
#include "models/layers/network.h"
#include "models/training/training_recipe.h"

namespace nibble {

enum class OptimizerKind : std::uint8_t { sgd, adam };
inline constexpr Named<OptimizerKind> kOptimizerNames[] = {{"sgd", OptimizerKind::sgd},
                                                           {"adam", OptimizerKind::adam}};

/// After a linear warm-up: a cosine that would reach 0 one step behind the last, or the same rate
/// to the end.
enum class RateSchedule : std::uint8_t { cosine, constant };
inline constexpr Named<RateSchedule> kRateScheduleNames[] = {{"cosine", RateSchedule::cosine},
                                                             {"constant", RateSchedule::constant}};

/// The last steps by another recipe, as LUQ ends a training.
struct TrainingFinish {
  double share = 0;  // of all steps
  TrainingRecipe recipe;
  Network network;  // with the precisions that this recipe gives its layers
};

struct TrainingTask {
  std::string name, network, dataset;
  TrainingRecipe recipe;
  std::optional<TrainingFinish> finish;
  std::int64_t epochs = 0, batch = 0;
  // Images
  std::int64_t validation = 0;    // the last ones of the training split, judged after each epoch
  bool flip = false;              // each left to right with probability 1/2
  std::int64_t crop_padding = 0;  // each shifted by up to this many pixels
  // A text
  std::int64_t sequence_length = 0;  // tokens
  // Optimizer
  OptimizerKind optimizer = OptimizerKind::sgd;
  double learning_rate = 0;  // the highest
  std::int64_t warmup_steps = 0;
  RateSchedule schedule = RateSchedule::cosine;
  double momentum = 0;                                     // sgd
  double beta1 = 0.9, beta2 = 0.999, adam_epsilon = 1e-8;  // adam
  /// Of ParameterKind::weight only. sgd adds it to the gradient; adam shrinks the weight itself.
  double weight_decay = 0;
  double clip_norm = 0;  // longest gradient of all parameters together; 0: any
  // PACT
  double alpha_initial = 0, alpha_decay = 0, alpha_floor = 0;
  double alpha_learning_rate = 1;  // times everything else's
  /// Steps from one fit of every alpha to its layer's values to the next; 0: by their gradients.
  std::int64_t alpha_fit_every = 0;
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
