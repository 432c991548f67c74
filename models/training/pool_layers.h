// Pooling as it is trained.
#pragma once

#include "models/training/layer_tensor.h"
#include "models/training/trained_layer.h"

namespace nibble {

/// y = fp16(sum over a sample's pixels in index order / pixels); dx = fp16(dy / pixels).
class GlobalAveragePoolLayer : public TrainedLayer {
 public:
  GlobalAveragePoolLayer(const Layer& layer, LayerTensor& input, LayerTensor& output);
  void forward(const TrainingPass& pass) override;
  void backward(const TrainingPass& pass) override;
  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  std::string name_;
  LayerTensor& input_;
  LayerTensor& output_;
};

/// The largest value under a window, the first of equals in the order of rows and columns; it gets
/// the gradient. Gradients of overlapping windows are added in binary32 in the order of the
/// outputs and rounded once.
class MaxPoolLayer : public TrainedLayer {
 public:
  MaxPoolLayer(const Layer& layer, LayerTensor& input, LayerTensor& output);
  void forward(const TrainingPass& pass) override;
  void backward(const TrainingPass& pass) override;
  [[nodiscard]] const std::string& name() const override { return layer_.name; }

 private:
  Layer layer_;
  LayerTensor& input_;
  LayerTensor& output_;
  std::vector<std::int32_t> winners_;  // of each output, within its sample
};

}  // namespace nibble
