// Batch norm, residual add, PACT and ReLU as they are trained: any of them, in this order, as one
// layer that goes over memory once (pointwise_arithmetic.h).
#pragma once

#include <optional>

#include "models/training/layer_tensor.h"
#include "models/training/trained_alpha.h"
#include "models/training/trained_layer.h"
#include "models/training/training_task.h"

namespace nibble {

/// Which layers of the network are one: nothing is left out silently, at least one is there.
struct PointwiseParts {
  const Layer* norm = nullptr;
  const Layer* add = nullptr;
  const Layer* activation = nullptr;         // pact or relu
  int norm_index = 0, activation_index = 0;  // places in the network
  bool reads_alone = false;                  // nobody else reads what the first of them reads
};

class PointwiseLayer : public TrainedLayer {
 public:
  /// `other` is the added operand, null without one. The tensors must outlive this.
  PointwiseLayer(const PointwiseParts& parts, const TrainingTask& task, LayerTensor& input,
                 LayerTensor* other, LayerTensor& output);

  void forward(const TrainingPass& pass) override;
  void backward(const TrainingPass& pass) override;
  [[nodiscard]] std::vector<TrainedParameter*> parameters() override;
  [[nodiscard]] std::vector<TrainedState> states() override;
  void finish_step() override;
  void export_weights(std::map<int, LayerWeights>& entries) const override;
  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  struct Norm {
    TrainedParameter gamma, beta;
    std::vector<float> running_mean, running_variance;
    // Of the last forward():
    BatchStatistics statistics;
    FoldedNorm folded;
  };

  void normalise(const TrainingPass& pass);
  void move_running_statistics(std::int64_t count);
  [[nodiscard]] PointwiseStages stages() const;
  void fit_alpha();

  std::string name_, norm_name_, activation_name_;
  int norm_index_, activation_index_;
  bool reads_alone_;
  Activation activation_ = Activation::none;
  float norm_momentum_, norm_epsilon_;
  LayerTensor& input_;
  LayerTensor* other_;
  LayerTensor& output_;
  std::optional<Norm> norm_;
  std::optional<TrainedAlpha> alpha_;
  PointwiseMasks masks_;  // of the last forward()
};

}  // namespace nibble
