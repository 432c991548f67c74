// The three GEMMs of anything that multiplies while it trains, NUMERICS sections 2 and 3: a layer
// with weights, or two activations, where the second takes the weights' place. It quantises the
// gradient, owns the gradient's GradScale and tells of every GEMM of a captured step; it knows no
// parameter and no tensor. A pass: forward() once or more, then take_gradient(), dgrad(), wgrad().
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/training/layer_formats.h"
#include "models/training/trained_layer.h"
#include "models/training/training_recipe.h"

namespace nibble {

/// An operand that is no gradient: codes of 4-bit integers, one a byte, or fp16 codes. The other
/// pointer is null; the vector outlives the call.
struct GemmOperand {
  const std::vector<NibbleCode>* codes = nullptr;
  const std::vector<Fp16Code>* values = nullptr;
  float step = 1.0F;                                // value of one unit of a code
  StationaryFormat integer = StationaryFormat::u4;  // of codes: u4 or s4
};

class TrainedGemm {
 public:
  /// `index` is the place of `name` in its network. `gemm` multiplies; an empty one means the
  /// fastest way that models/layers has.
  TrainedGemm(std::string name, int index, const LayerFormats& formats,
              const LayerArithmetic& arithmetic, TrainingRecipe recipe, GemmFunction gemm);

  [[nodiscard]] const LayerFormats& formats() const { return formats_; }

  /// y = fp16(x * w), in the layout of the pass's result (models/layers/conv_lowering.h); so are
  /// dx and dw below. Begins a pass: the gradients of all that follow have one gradscale.
  void forward(const ConvShape& conv, const GemmOperand& x, const GemmOperand& w,
               const TrainingPass& pass, Fp16Code* y);

  /// Quantises dY for dgrad() and wgrad(), and votes on the next step's gradscale by its largest
  /// magnitude unless the pass leaves no mark. `dy` must stay as it is until wgrad().
  void take_gradient(const std::vector<Fp16Code>& dy, const TrainingPass& pass);
  /// Of a layer that goes back through time: one step's dY, for dgrad() alone and without a vote.
  /// In the end take_gradient() gets the steps' gradients together.
  void take_step_gradient(const std::vector<Fp16Code>& dy, const TrainingPass& pass);

  void dgrad(const ConvShape& conv, const GemmOperand& w, const TrainingPass& pass, Fp16Code* dx);
  void wgrad(const ConvShape& conv, const GemmOperand& x, const TrainingPass& pass, Fp16Code* dw);

  [[nodiscard]] std::vector<TrainedState> states();
  /// Takes the last vote into account.
  void finish_step();
  /// Nothing before the first gradient that is not zero, nor where no gradient has one.
  [[nodiscard]] std::optional<int> grad_scale() const;

 private:
  /// What streams and what is stationary: both codes or both fp16.
  struct Operands {
    const std::vector<NibbleCode>*streamed_codes, *stationary_codes;
    const std::vector<Fp16Code>*streamed_values, *stationary_values;
  };

  [[nodiscard]] bool has_grad_scale() const;
  /// Decides on the pass's gradscale at its first gradient that is not zero.
  void begin_gradient(const std::vector<Fp16Code>& dy, const TrainingPass& pass);
  [[nodiscard]] GemmCall call_of(GemmPass pass, StationaryFormat stationary) const;
  void multiply_gradient(const ConvShape& conv, GemmPass pass, const GemmOperand& stationary,
                         const TrainingPass& how, Fp16Code* result);
  void multiply(const ConvShape& conv, GemmPass pass, const GemmCall& call,
                const Operands& operands, float scale, const TrainingPass& how,
                Fp16Code* result) const;
  void accumulate(const ConvShape& conv, GemmPass pass, const GemmCall& call,
                  const Operands& operands, float scale, Fp16Code* result) const;

  std::string name_;
  int index_;
  LayerFormats formats_;
  LayerArithmetic arithmetic_;
  TrainingRecipe recipe_;
  GemmFunction gemm_;
  std::vector<float> grad_scale_;  // one exponent; nothing before the first that is known
  int vote_ = 0;
  // Of the pass:
  std::optional<int> pass_grad_scale_;
  const std::vector<Fp16Code>* dy_ = nullptr;
  std::vector<NibbleCode> even_, odd_;
};

}  // namespace nibble
