// A product of two activations as it is trained (attention): A streams, B stands where a layer with
// weights has these, each head of each sample is a group. dA is the dgrad, dB the wgrad.
#pragma once

#include <vector>

#include "models/layers/matmul_operands.h"
#include "models/training/layer_tensor.h"
#include "models/training/trained_gemm.h"

namespace nibble {

class MatmulLayer : public TrainedLayer {
 public:
  /// `index` is the layer's place in its network; `gemm` as for TrainedGemm. The tensors must
  /// outlive this.
  MatmulLayer(const Layer& layer, int index, const LayerArithmetic& arithmetic,
              const TrainingRecipe& recipe, GemmFunction gemm, LayerTensor& a, LayerTensor& b,
              LayerTensor& output);
  void forward(const TrainingPass& pass) override;
  void backward(const TrainingPass& pass) override;
  [[nodiscard]] std::vector<TrainedState> states() override { return gemm_.states(); }
  void finish_step() override { gemm_.finish_step(); }
  [[nodiscard]] std::optional<int> grad_scale() const override { return gemm_.grad_scale(); }
  [[nodiscard]] const std::string& name() const override { return layer_.name; }

 private:
  /// An input in the order in which its GEMMs read it; one of the two, by the layer's formats.
  struct Operand {
    std::vector<NibbleCode> codes;
    std::vector<Fp16Code> values;
  };
  void reorder(const LayerTensor& tensor, const SwappedAxes& axes, Operand& operand) const;
  [[nodiscard]] GemmOperand operand_of(const LayerTensor& tensor, const Operand& operand,
                                       float factor) const;

  Layer layer_;
  TrainedGemm gemm_;
  LayerTensor& a_;
  LayerTensor& b_;
  LayerTensor& output_;
  // Of the last forward():
  ConvShape conv_;
  MatmulAxes axes_;
  Operand x_, w_;
  std::vector<Fp16Code> result_, gradient_;
};

}  // namespace nibble
