// What is chosen for one training beside its task, as the command line says it, and whether that
// fits task and data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "models/layers/gemm_call.h"
#include "models/training/gradient_steps.h"
#include "models/training/training_data.h"
#include "models/training/training_task.h"

namespace nibble {

struct TrainingOptions {
  std::uint64_t seed = 1;
  /// Only the first samples take part, of validation and test alike; 0 = all.
  std::int64_t limit_train = 0, limit_test = 0;
  int threads = 1;  // of libtorch; our own arithmetic uses one
  /// Who multiplies in the training's steps; empty for the fastest way that models/layers has.
  GemmFunction gemm;
  std::string engine = "model";  // what it is called
  /// Step to capture (0 = first, negative counts from the end, -1 = last); not in fp32.
  std::optional<std::int64_t> trace_step;
  std::int64_t trace_batch = 8;
  GradientSteps gradient_steps;         // whose gradients are measured
  std::optional<double> fp32_accuracy;  // of the comparison run, for the files' metadata
  std::int64_t checkpoint_every = 0;    // steps; 0 = at the end of each epoch
  std::string command;                  // for checkpoint and metrics
};

/// Samples that are learned from.
[[nodiscard]] std::int64_t learned_samples(const TrainingOptions& options,
                                           const TrainingData& data);
[[nodiscard]] std::int64_t steps_per_epoch(const TrainingTask& task, const TrainingOptions& options,
                                           const TrainingData& data);

/// The step that `option` asks for, 0 first: negative ones count from the end. Throws
/// std::invalid_argument if the training has no such step.
[[nodiscard]] std::int64_t step_of(const char* option, std::int64_t asked, std::int64_t steps);

/// Throws std::invalid_argument, which names the option, for the first one that does not fit.
void check_options(const Network& network, const TrainingTask& task, const TrainingOptions& options,
                   const TrainingData& data);

}  // namespace nibble
