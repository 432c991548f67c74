// A matrix of weights as it is trained: binary32 master weights, which become s4 codes (SAWB) or
// fp16 operands once a step.
#pragma once

#include <vector>

#include "models/layers/network_weights.h"
#include "models/training/trained_gemm.h"

namespace nibble {

class TrainedWeights {
 public:
  /// With `codes` the operands are s4 codes, else fp16. Weights are zero.
  TrainedWeights(std::string name, std::vector<std::int64_t> shape, bool codes);

  [[nodiscard]] TrainedParameter& parameter() { return parameter_; }
  [[nodiscard]] const TrainedParameter& parameter() const { return parameter_; }

  /// Makes the operand of a step's GEMMs from the master weights.
  void prepare();
  /// As the last prepare() left it.
  [[nodiscard]] GemmOperand operand() const;
  /// Where a wgrad writes; take_gradient() then makes it the parameter's.
  [[nodiscard]] Fp16Code* new_gradient();
  void take_gradient();
  /// The operand that prepare() would make now.
  [[nodiscard]] WeightMatrix exported() const;

 private:
  TrainedParameter parameter_;
  bool codes_;
  WeightMatrix prepared_;
  std::vector<Fp16Code> gradient_;
};

}  // namespace nibble
