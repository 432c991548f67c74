// The gradient of a layer's output as its two gradient GEMMs multiply it: a copy for dgrad and one
// for wgrad, each in the format of its GEMM, and the scale that both share. NUMERICS sections 3, 6
// and 7.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/layers/fp16_values.h"
#include "models/training/layer_formats.h"
#include "models/training/trained_layer.h"

namespace nibble {

class QuantisedGradient {
 public:
  /// `index` is the layer's place in its network, by which random bits are drawn.
  QuantisedGradient(std::string layer, int index, const LayerFormats& formats,
                    TrainingRecipe recipe);

  /// The gradients that follow have one gradscale.
  void begin_pass();
  /// Makes both copies. The largest magnitude votes on the next step's gradscale, unless the pass
  /// leaves no mark. `dy` must stay as it is while it is multiplied.
  void take(const std::vector<Fp16Code>& dy, const TrainingPass& pass);
  /// Where the codes of the two phases of `elements` gradients may be put instead of calling
  /// take(). Nothing if others are multiplied, if dY itself is needed, or if the first dY decides
  /// the scale.
  [[nodiscard]] std::optional<Fp4Phases> phases(std::size_t elements, const TrainingPass& pass);
  /// They are there, of a gradient with this largest magnitude.
  void take_phases(Fp16Code largest, const TrainingPass& pass);
  /// What dgrad takes, of one step of a layer that goes back through time, without a vote.
  void take_step(const std::vector<Fp16Code>& dy, const TrainingPass& pass);

  /// Whether a GEMM takes both copies, which are 4-bit codes then.
  [[nodiscard]] bool takes_both(GemmPass pass) const;
  /// What a GEMM streams: codes of nibble and fp8 GEMMs, fp16 values of the others.
  [[nodiscard]] const std::vector<std::uint8_t>* codes(GemmPass pass) const;
  [[nodiscard]] const std::vector<Fp16Code>* values(GemmPass pass) const;
  /// Of nibble codes.
  [[nodiscard]] GradientGrid grid(GemmPass pass) const { return copy(pass).how.grid; }
  /// What the result of a GEMM that takes this copy is multiplied by besides the other operand's
  /// step.
  [[nodiscard]] float result_factor(GemmPass pass) const { return copy(pass).result_factor; }
  /// And by this, whichever copies the GEMM takes.
  [[nodiscard]] float gain(GemmPass pass) const {
    return copy(pass).operands == GemmOperands::nibble ? copy(pass).how.gain : 1.0F;
  }
  /// The exponent behind it, 0 where there is none.
  [[nodiscard]] int pass_grad_scale() const { return pass_grad_scale_.value_or(0); }
  /// As it was taken.
  [[nodiscard]] const std::vector<Fp16Code>& exact() const { return *dy_; }
  /// pass_grad_scale() if the copies are made with it: nothing without copies, and with tensor_max.
  [[nodiscard]] std::optional<int> exponent() const;
  /// For random bits of this layer; kUseDgrad and kUseWgrad mean the gradient taken last.
  [[nodiscard]] RandomStream stream(RandomUse use, const TrainingPass& pass) const;

  [[nodiscard]] std::vector<TrainedState> states();
  void finish_step();
  /// Nothing before the first gradient that is not zero, nor where no gradient has one.
  [[nodiscard]] std::optional<int> grad_scale() const;

 private:
  struct Copy {
    GemmOperands operands = GemmOperands::fp16;
    GradientCopy how;
    std::vector<std::uint8_t> codes;
    float result_factor = 1.0F;
  };

  [[nodiscard]] const Copy& copy(GemmPass pass) const {
    return pass == GemmPass::dgrad ? dgrad_ : wgrad_;
  }
  [[nodiscard]] static bool has_codes(GemmOperands operands) {
    return operands == GemmOperands::nibble || operands == GemmOperands::fp8;
  }
  [[nodiscard]] bool quantises() const;
  [[nodiscard]] bool has_two_phases() const;
  [[nodiscard]] bool has_grad_scale() const;
  void decide_grad_scale(const std::vector<Fp16Code>& dy, const TrainingPass& pass);
  void make(Copy& copy, RandomUse use, Fp16Code largest, const TrainingPass& pass);
  void make_fp8(Copy& copy, Fp16Code largest) const;
  [[nodiscard]] float max_factor(float largest) const;
  void make_nibbles(Copy& copy, Fp16Code largest, const RandomStream& random) const;
  Fp4Phases two_phases(std::size_t elements);
  void finish_two_phases();
  void vote(Fp16Code largest, const TrainingPass& pass);
  void finish(Copy& copy, float factor) const;

  std::string layer_;
  int index_;
  TrainingRecipe recipe_;
  Copy dgrad_, wgrad_;
  std::vector<float> grad_scale_;  // one exponent; nothing before the first that is known
  int vote_ = 0;
  // Of the pass:
  std::optional<int> pass_grad_scale_;
  std::uint32_t steps_taken_ = 0, part_ = 0;
  const std::vector<Fp16Code>* dy_ = nullptr;
};

}  // namespace nibble
