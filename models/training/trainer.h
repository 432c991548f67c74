// A whole training: epochs of SGD in either arithmetic, evaluation on the test images, and, in
// nibble4, the capture of one step as a trace that is replayed at once to prove it.
// Fed by nibblesim-train; its result goes to metrics.h, models/trace and the terminal.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/datasets/image_set.h"
#include "models/layers/network_weights.h"
#include "models/trace/trace.h"
#include "models/training/training_task.h"

namespace nibble {

struct TrainingOptions {
  TrainingPrecision precision = TrainingPrecision::nibble4;
  std::uint64_t seed = 1;
  std::int64_t train_images = 0, test_images = 0;  // only the first ones take part; 0 = all
  int threads = 1;                                 // of libtorch; our own arithmetic uses one
  /// Step to capture (0 = first, negative counts from the end, -1 = last); nibble4 only.
  std::optional<std::int64_t> trace_step;
  std::int64_t trace_batch = 8;
  std::optional<double> fp32_accuracy;  // of the comparison run, for the files' metadata
};

struct StepReport {
  std::int64_t step = 0, steps = 0, epoch = 0, epochs = 0;  // step counts from 1
  double loss = 0, accuracy_percent = 0;                    // means of this epoch so far
  double images_per_s = 0, seconds_left = 0;
};

struct EpochResult {
  double train_loss = 0, train_accuracy_percent = 0, test_accuracy_percent = 0;
  double seconds = 0;  // of training, without the evaluation
};

struct TrainingResult {
  std::vector<EpochResult> epochs;
  std::int64_t steps = 0, train_images = 0, test_images = 0;
  double train_s = 0, total_s = 0;
  std::map<std::string, int> grad_scales;  // at the end, nibble4 only
  std::map<std::string, float> alphas;
  std::optional<NetworkWeights> weights;  // nibble4 only
  std::optional<Trace> trace;
  std::int64_t trace_results = 0, trace_mismatches = 0;  // of the replay with gemm_reference

  [[nodiscard]] double test_accuracy_percent() const { return epochs.back().test_accuracy_percent; }
};

struct TrainingData {
  const ImageSet& train;
  const ImageSet& test;
  const std::vector<Fp16Code>& grey;  // network input of each grey value
};

struct TrainingObserver {
  std::function<void(const StepReport&)> step;
  std::function<void(std::int64_t epoch, const EpochResult&)> epoch;
};

/// Throws std::invalid_argument for options that do not fit the data, std::runtime_error if the
/// loss stops being finite.
[[nodiscard]] TrainingResult train(const Network& network, const TrainingTask& task,
                                   const TrainingOptions& options, const TrainingData& data,
                                   const TrainingObserver& observer = {});

}  // namespace nibble
