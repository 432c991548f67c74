// Dropout as it is trained, behind any layer that has the key (models/layers' dropout). The mask is
// a function of seed, step, layer and element, so that both arithmetics train with the same ones
// and a resumed training with those it would have had.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/training/layer_tensor.h"

namespace nibble {

/// What each of `count` elements [N,H,W,C] of the output of layer `index` is multiplied by: 0 or
/// dropout_factor().
[[nodiscard]] std::vector<float> dropout_mask(const Layer& layer, int index, std::uint64_t seed,
                                              std::uint32_t step, std::size_t count);
/// Of the elements that stay: 1 / (1 - p).
[[nodiscard]] float dropout_factor(const Layer& layer);

class DropoutLayer : public TrainedLayer {
 public:
  /// `input` is the output of `layer`, whose place in its network is `index`. The tensors must
  /// outlive this.
  DropoutLayer(const Layer& layer, int index, LayerTensor& input, LayerTensor& output);
  void forward(const TrainingPass& pass) override;
  void backward(const TrainingPass& pass) override;
  [[nodiscard]] const std::string& name() const override { return layer_.name; }

 private:
  void drop(const std::vector<Fp16Code>& from, const TrainingPass& pass, Fp16Code* to) const;

  Layer layer_;
  int index_;
  LayerTensor& input_;
  LayerTensor& output_;
};

}  // namespace nibble
