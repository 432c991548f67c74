// PACT's alpha as it is trained: by its gradient, as the paper has it, or fitted every so many
// steps to the values that are to be clipped.
#pragma once

#include "models/quantize/clip_fit.h"
#include "models/training/trained_layer.h"
#include "models/training/training_task.h"

namespace nibble {

class TrainedAlpha {
 public:
  TrainedAlpha(const std::string& layer, const TrainingTask& task)
      : parameter(layer + ".alpha", ParameterKind::alpha, {1},
                  static_cast<float>(task.alpha_initial)),
        floor_(static_cast<float>(task.alpha_floor)),
        fit_every_(task.alpha_fit_every) {}

  [[nodiscard]] float value() const { return parameter.value.front(); }
  /// Then fit() is called before the pass's values are clipped.
  [[nodiscard]] bool fit_due(const TrainingPass& pass) const {
    return fit_every_ > 0 && pass.step % fit_every_ == 0;
  }
  /// To values[0..count) as they are before they are clipped; where all are 0, alpha stays.
  void fit(const Fp16Code* values, std::size_t count, ClipCodes codes) {
    if (const float fitted = fitted_alpha(values, count, codes); fitted > 0) set(fitted);
  }
  /// After the optimizer's step: not below the floor.
  void finish_step() { set(value()); }

  TrainedParameter parameter;

 private:
  void set(float alpha) { parameter.value.front() = alpha < floor_ ? floor_ : alpha; }

  float floor_;
  std::int64_t fit_every_;
};

}  // namespace nibble
