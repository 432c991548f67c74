// GELU and softmax as they are trained: activations without parameters that need their input or
// their output once more on the way back.
#pragma once

#include "models/training/layer_tensor.h"
#include "models/training/trained_layer.h"

namespace nibble {

class GeluLayer : public TrainedLayer {
 public:
  /// The tensors must outlive this.
  GeluLayer(const Layer& layer, LayerTensor& input, LayerTensor& output);
  void forward(const TrainingPass& pass) override;
  void backward(const TrainingPass& pass) override;
  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  std::string name_;
  LayerTensor& input_;
  LayerTensor& output_;
};

/// Over the channels of each position. A causal one reads scores [N, queries, heads, keys] and
/// leaves out the keys behind a query.
class SoftmaxLayer : public TrainedLayer {
 public:
  SoftmaxLayer(const Layer& layer, LayerTensor& input, LayerTensor& output);
  void forward(const TrainingPass& pass) override;
  void backward(const TrainingPass& pass) override;
  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  std::string name_;
  bool causal_;
  LayerTensor& input_;
  LayerTensor& output_;
};

}  // namespace nibble
