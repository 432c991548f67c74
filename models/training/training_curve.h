// How a training went over time, as lines of a CSV file that any program plots: a line every so
// many steps, with what each layer's gradscale and alpha were then.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/training/trainable_network.h"

namespace nibble {

/// Means over the steps since the line before.
struct CurvePoint {
  std::int64_t step = 0, epoch = 0;  // that are done; the epoch under way, 1 first
  double loss = 0, accuracy_percent = 0, learning_rate = 0;
  std::optional<Evaluation> validation;  // at the end of an epoch
};

class TrainingCurve {
 public:
  /// Columns are the network's gradscales (or its loss scale that adapts) in the order of their
  /// names, and its alphas.
  explicit TrainingCurve(TrainableNetwork& network);

  void add(const CurvePoint& point, TrainableNetwork& network);

  /// A header, then the lines so far; numbers with as many digits as bring them back.
  [[nodiscard]] std::string csv() const { return header_ + lines_; }
  /// The lines of a checkpoint.
  [[nodiscard]] const std::string& lines() const { return lines_; }
  void restore(std::string lines) { lines_ = std::move(lines); }

 private:
  std::vector<std::string> columns_;  // of scales
  std::string header_, lines_;
};

}  // namespace nibble
