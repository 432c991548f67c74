// What a training has done so far: plain data that a checkpoint keeps and metrics.json tells.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/training/trainable_network.h"

namespace nibble {

struct EpochResult {
  double train_loss = 0, train_accuracy_percent = 0;
  std::optional<Evaluation> validation;
  double seconds =
      0;  // of its steps, with what is saved and measured in them; without the evaluation
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

/// A step that was captured and replayed at once.
struct TraceSummary {
  std::int64_t step = 0, batch = 0, operations = 0;
  std::int64_t results = 0, mismatches = 0;  // of the replay with gemm_reference
};

struct TrainingProgress {
  std::int64_t step = 0;            // done
  StepSums epoch, line;             // of this epoch; since the curve's last line
  double epoch_s = 0, train_s = 0;  // of this epoch, of those before
  std::vector<EpochResult> epochs;
  std::map<std::string, std::int64_t> engine_steps;  // by TrainingOptions::engine
  std::optional<TraceSummary> trace;
};

}  // namespace nibble
