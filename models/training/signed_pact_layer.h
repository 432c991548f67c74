// Signed PACT as it is trained: clips to [-alpha, alpha], and makes the s4 codes for the 4-bit
// GEMMs behind it.
#pragma once

#include "models/training/layer_tensor.h"
#include "models/training/trained_alpha.h"
#include "models/training/trained_layer.h"
#include "models/training/training_task.h"

namespace nibble {

class SignedPactLayer : public TrainedLayer {
 public:
  /// `index` is the layer's place in its network. The tensors must outlive this.
  SignedPactLayer(const Layer& layer, int index, const TrainingTask& task, LayerTensor& input,
                  LayerTensor& output);
  void forward(const TrainingPass& pass) override;
  void backward(const TrainingPass& pass) override;
  [[nodiscard]] std::vector<TrainedParameter*> parameters() override { return {&alpha_.parameter}; }
  void finish_step() override { alpha_.finish_step(); }
  void export_weights(std::map<int, LayerWeights>& entries) const override;
  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  std::string name_;
  int index_;
  LayerTensor& input_;
  LayerTensor& output_;
  TrainedAlpha alpha_;
};

}  // namespace nibble
