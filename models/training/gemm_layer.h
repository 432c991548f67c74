// A conv or linear layer as it is trained: binary32 master weights become codes (SAWB) or fp16,
// activations come as PACT's codes or fp16 from the layer before. TrainedGemm multiplies.
#pragma once

#include <optional>
#include <vector>

#include "models/training/layer_tensor.h"
#include "models/training/trained_weights.h"

namespace nibble {

class GemmLayer : public TrainedLayer {
 public:
  /// `index` is the layer's place in its network. `gemm` multiplies; an empty one means the fastest
  /// way that models/layers has. The tensors must outlive this; weights are zero.
  GemmLayer(const Layer& layer, int index, const LayerArithmetic& arithmetic,
            const TrainingRecipe& recipe, GemmFunction gemm, LayerTensor& input,
            LayerTensor& output);

  void forward(const TrainingPass& pass) override;
  void backward(const TrainingPass& pass) override;

  [[nodiscard]] std::vector<TrainedParameter*> parameters() override;
  [[nodiscard]] std::vector<TrainedState> states() override { return gemm_.states(); }
  void finish_step() override { gemm_.finish_step(); }
  void export_weights(std::map<int, LayerWeights>& entries) const override;
  [[nodiscard]] std::optional<int> grad_scale() const override { return gemm_.grad_scale(); }
  [[nodiscard]] const std::string& name() const override { return layer_.name; }

  /// [K,R,S,C], binary32.
  [[nodiscard]] TrainedParameter& weights() { return weights_.parameter(); }

 private:
  [[nodiscard]] GemmOperand input_operand() const;

  Layer layer_;
  int index_;
  TrainedGemm gemm_;
  LayerTensor& input_;
  LayerTensor& output_;
  TrainedWeights weights_;
  std::optional<TrainedParameter> bias_;
  ConvShape conv_;  // of the last forward()
};

}  // namespace nibble
