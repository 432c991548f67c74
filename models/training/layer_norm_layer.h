// Layer norm as it is trained, over the channels of each position.
#pragma once

#include "models/training/layer_tensor.h"
#include "models/training/trained_layer.h"

namespace nibble {

class LayerNormLayer : public TrainedLayer {
 public:
  /// `index` is the layer's place in its network. The tensors must outlive this; gamma is one, beta
  /// zero.
  LayerNormLayer(const Layer& layer, int index, LayerTensor& input, LayerTensor& output);
  void forward(const TrainingPass& pass) override;
  void backward(const TrainingPass& pass) override;
  [[nodiscard]] std::vector<TrainedParameter*> parameters() override { return {&gamma_, &beta_}; }
  void export_weights(std::map<int, LayerWeights>& entries) const override;
  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  std::string name_;
  int index_;
  LayerTensor& input_;
  LayerTensor& output_;
  TrainedParameter gamma_, beta_;
  std::vector<RowStatistics> statistics_;  // of the last forward()
};

}  // namespace nibble
