// The gradients of chosen steps of a training, measured: what rounding to FP4 does to the gradient
// of each layer that multiplies, whatever the layer itself is trained in. Fed by the trainer; its
// CSV is read by tools/studies/gradient_figures.
#pragma once

#include <cstdint>
#include <string>

#include "models/training/gradient_steps.h"
#include "models/training/trained_network.h"

namespace nibble {

class GradientStudy {
 public:
  /// Of a training of `steps` steps. Throws std::invalid_argument for a step that it does not have
  /// and for any step of an fp32 training.
  GradientStudy(const GradientSteps& chosen, std::int64_t steps, TrainingArithmetic arithmetic);

  /// If the batch's step is chosen: a step on the side with the whole batch, which leaves no mark.
  void measure(TrainedNetwork& network, const Batch& batch);

  /// "0,59" or "every:10": two studies with the same text measure the same steps.
  [[nodiscard]] std::string choice() const;

  /// A header, then the lines so far: step, layer, quantity, key, value. Layers come in the order
  /// of the way back, then `all`; one whose gradient is zero or not finite has no line.
  [[nodiscard]] std::string csv() const;
  /// The lines of a checkpoint.
  [[nodiscard]] const std::string& lines() const { return lines_; }
  void restore(std::string lines) { lines_ = std::move(lines); }

 private:
  GradientSteps chosen_;
  std::string lines_;
};

}  // namespace nibble
