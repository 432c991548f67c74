// The three GEMMs of anything that multiplies while it trains, NUMERICS sections 2, 3 and 6 to 8: a
// layer with weights, or two activations, where the second takes the weights' place. Owns the
// gradient's quantiser and tells of every GEMM of a captured step; it knows no parameter and no
// tensor. A pass: forward() once or more, then take_gradient(), dgrad(), wgrad().
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/layers/layer_pass.h"
#include "models/training/layer_formats.h"
#include "models/training/quantised_gradient.h"
#include "models/training/trained_layer.h"

namespace nibble {

class TrainedGemm {
 public:
  /// `index` is the place of `name` in its network. `gemm` multiplies; an empty one means the
  /// fastest way that models/layers has.
  TrainedGemm(std::string name, int index, const LayerFormats& formats,
              const LayerArithmetic& arithmetic, const TrainingRecipe& recipe, GemmFunction gemm);

  [[nodiscard]] const LayerFormats& formats() const { return formats_; }

  /// y = fp16(x * w), in the layout of the pass's result (models/layers/conv_lowering.h); so are
  /// dx and dw below. Begins a pass: the gradients of all that follow have one gradscale.
  void forward(const ConvShape& conv, const GemmOperand& x, const GemmOperand& w,
               const TrainingPass& pass, Fp16Code* y);

  /// Quantises dY for dgrad() and wgrad(), and votes on the next step's gradscale by its largest
  /// magnitude unless the pass leaves no mark. `dy` must stay as it is until wgrad().
  void take_gradient(const std::vector<Fp16Code>& dy, const TrainingPass& pass) {
    gradient_.take(dy, pass);
  }
  /// Where whoever makes dY may put the codes of its two phases instead, followed by take_phases();
  /// see QuantisedGradient.
  [[nodiscard]] std::optional<Fp4Phases> phases(std::size_t elements, const TrainingPass& pass) {
    return gradient_.phases(elements, pass);
  }
  void take_phases(Fp16Code largest, const TrainingPass& pass) {
    gradient_.take_phases(largest, pass);
  }
  /// Of a layer that goes back through time: one step's dY, for dgrad() alone and without a vote.
  /// In the end take_gradient() gets the steps' gradients together.
  void take_step_gradient(const std::vector<Fp16Code>& dy, const TrainingPass& pass) {
    gradient_.take_step(dy, pass);
  }

  void dgrad(const ConvShape& conv, const GemmOperand& w, const TrainingPass& pass, Fp16Code* dx);
  void wgrad(const ConvShape& conv, const GemmOperand& x, const TrainingPass& pass, Fp16Code* dw);

  [[nodiscard]] std::vector<TrainedState> states() { return gradient_.states(); }
  /// Takes the last vote into account.
  void finish_step() { gradient_.finish_step(); }
  [[nodiscard]] std::optional<int> grad_scale() const { return gradient_.grad_scale(); }

 private:
  [[nodiscard]] GemmCall call_of(GemmPass pass, const TrainingPass& how) const;
  void gradient_gemm(const ConvShape& conv, GemmPass pass, const GemmOperand& stationary,
                     const TrainingPass& how, Fp16Code* result);
  /// With the copy of dY that `copy` has; result = fp16(accumulator * factors * share).
  void multiply_gradient(const ConvShape& conv, GemmPass pass, GemmPass copy, float share,
                         const GemmOperand& stationary, const TrainingPass& how, Fp16Code* result);
  void multiply(const ConvShape& conv, GemmPass pass, const GemmCall& call,
                const PassOperands& operands, const TrainingPass& how, Fp16Code* result) const;

  std::string name_;
  LayerFormats formats_;
  LayerArithmetic arithmetic_;
  TrainingRecipe recipe_;
  QuantisedGradient gradient_;
  GemmFunction gemm_;
  Fp8Operands fp8_;
  std::vector<Fp16Code> integers_;  // as fp16
};

}  // namespace nibble
