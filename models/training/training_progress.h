// What a training has done so far: plain data that a checkpoint keeps and metrics.json tells.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/training/trainable_network.h"

namespace nibble {

struct EpochResult {
  double train_loss = 0, train_accuracy_percent = 0;
  std::optional<Evaluation> validation;
  double seconds = 0;  // of training, without the evaluation
};

/// Sums over some steps.
struct StepSums {
  double loss = 0;  // of each step's mean
  std::int64_t correct = 0, steps = 0;

  void add(const BatchOutcome& outcome) {
    loss += outcome.loss;
    correct += outcome.correct;
    ++steps;
  }
  [[nodiscard]] double mean_loss() const { return loss / static_cast<double>(steps); }
  [[nodiscard]] double accuracy_percent(std::int64_t labels_per_step) const {
    return 100.0 * static_cast<double>(correct) / static_cast<double>(steps * labels_per_step);
  }
};

struct TrainingProgress {
  std::int64_t step = 0;            // done
  StepSums epoch, line;             // of this epoch; since the curve's last line
  double epoch_s = 0, train_s = 0;  // of this epoch, of those before
  std::vector<EpochResult> epochs;
};

}  // namespace nibble
