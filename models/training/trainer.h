// A whole training: epochs in either arithmetic, evaluation, checkpoints, and the capture of one
// step as a trace that is replayed at once to prove it. Fed by nibblesim-train; its result goes to
// metrics.h, models/trace and the terminal.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>

#include "models/layers/network_weights.h"
#include "models/trace/trace.h"
#include "models/training/checkpoint.h"
#include "models/training/training_data.h"
#include "models/training/training_options.h"
#include "models/training/training_progress.h"
#include "models/training/training_task.h"

namespace nibble {

/// What a training is about to do.
struct TrainingPlan {
  std::int64_t steps = 0, steps_per_epoch = 0, train_samples = 0;
  std::int64_t done = 0;  // steps, if it is resumed
};

struct StepReport {
  std::int64_t step = 0, steps = 0, epoch = 0, epochs = 0;  // step counts from 1
  double loss = 0, accuracy_percent = 0;                    // means of this epoch so far
  double samples_per_s = 0, seconds_left = 0;
};

/// What the Verilated tiles multiplied in this run of the program.
struct TileWork {
  std::int64_t gemms = 0, macs = 0, clocks = 0;
};

struct TrainingResult {
  bool interrupted = false;  // by the observer: only `progress` and `curve` are there
  TrainingProgress progress;
  std::string curve;      // CSV
  std::string gradients;  // CSV of GradientStudy, if any step was chosen
  std::string command;    // that began the training
  std::string data_crc32;
  std::optional<TileWork> tiles;  // set by whoever passed TrainingOptions::gemm
  Evaluation test;
  std::int64_t train_samples = 0, test_samples = 0;
  double total_s = 0;                      // of this run of the program
  std::map<std::string, int> grad_scales;  // at the end; not in fp32
  std::map<std::string, float> alphas;
  std::optional<NetworkWeights> weights;  // not in fp32
  Accuracy accuracy;                      // for a trace's metadata, too
  std::optional<Trace> trace;             // if its step was in this run of the program
};

/// Whatever is empty is not called.
struct TrainingObserver {
  /// Once all options fit, and a checkpoint has been taken up.
  std::function<void(const TrainingPlan&)> start;
  std::function<void(const StepReport&)> step;
  std::function<void(std::int64_t epoch, const EpochResult&)> epoch;
  /// The CSV so far, at each of its new lines and of a resumed training at once.
  std::function<void(const std::string& csv)> curve;
  std::function<void(const Checkpoint&)> checkpoint;
  /// As soon as the step is captured, so that an interrupted training does not lose it. What the
  /// training will reach is not in it yet.
  std::function<void(const Trace&, const TraceSummary&)> trace;
  /// Asked in every step: true ends the training behind it, with a checkpoint.
  std::function<bool()> stop;
};

/// A checkpoint that this training cannot go on from: what() follows its file's name.
class CheckpointRefused : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

/// Goes on from `resumed` if it is given. Throws std::invalid_argument for options that do not fit
/// the data, CheckpointRefused, TrainingDiverged.
[[nodiscard]] TrainingResult train(const Network& network, const TrainingTask& task,
                                   const TrainingOptions& options, const TrainingData& data,
                                   const TrainingObserver& observer = {},
                                   const Checkpoint* resumed = nullptr);

}  // namespace nibble
