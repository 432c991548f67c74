// Tables as they are trained: the rows of tokens, and of positions that are added.
#pragma once

#include "models/training/layer_tensor.h"
#include "models/training/trained_layer.h"

namespace nibble {

/// y[n,t] = fp16(table[token]). Its input is the network's and holds token ids.
class EmbeddingLayer : public TrainedLayer {
 public:
  /// `index` is the layer's place in its network. The tensors must outlive this; the table is zero.
  EmbeddingLayer(const Layer& layer, int index, LayerTensor& input, LayerTensor& output);
  /// Throws std::invalid_argument on a token beyond the table.
  void forward(const TrainingPass& pass) override;
  void backward(const TrainingPass& pass) override;
  [[nodiscard]] std::vector<TrainedParameter*> parameters() override { return {&table_}; }
  void export_weights(std::map<int, LayerWeights>& entries) const override;
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] TrainedParameter& table() { return table_; }  // [rows, features]

 private:
  std::string name_;
  int index_;
  LayerTensor& input_;
  LayerTensor& output_;
  TrainedParameter table_;
};

/// y[n,t] = fp16(x[n,t] + fp16(table[t])).
class PositionEmbeddingLayer : public TrainedLayer {
 public:
  PositionEmbeddingLayer(const Layer& layer, int index, LayerTensor& input, LayerTensor& output);
  void forward(const TrainingPass& pass) override;
  void backward(const TrainingPass& pass) override;
  [[nodiscard]] std::vector<TrainedParameter*> parameters() override { return {&table_}; }
  void export_weights(std::map<int, LayerWeights>& entries) const override;
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] TrainedParameter& table() { return table_; }  // [rows, features]

 private:
  std::string name_;
  int index_;
  LayerTensor& input_;
  LayerTensor& output_;
  TrainedParameter table_;
};

}  // namespace nibble
