// The same graph in plain libtorch: binary32, autograd, ReLU for PACT. What 4-bit training is
// compared with, in accuracy and in speed.
#pragma once

#include <cstdint>
#include <vector>

#include "models/layers/network.h"
#include "models/training/trainable_network.h"
#include "models/training/training_task.h"

namespace nibble {

class Fp32Network : public TrainableNetwork {
 public:
  /// How libtorch keeps the tensors between layers; tools/bench/run train says which is faster.
  enum class Layout : std::uint8_t { channels_first, channels_last };

  /// Weights are He-normal from `seed`, those of TrainedNetwork. Throws std::invalid_argument if
  /// the graph does not fit.
  Fp32Network(Network network, const TrainingTask& task, std::uint64_t seed,
              Layout layout = Layout::channels_last);

  BatchOutcome run(const Batch& batch) override;
  [[nodiscard]] NetworkParameters parameters() const override;
  [[nodiscard]] torch::Tensor logits() const override { return logits_; }

  /// With the running statistics: the class of each image.
  [[nodiscard]] std::vector<int> classify(const Batch& batch);

 private:
  struct LayerState {
    torch::Tensor weight, bias, gamma, beta, running_mean, running_variance;
  };

  void initialise(std::size_t index, std::uint64_t seed);
  [[nodiscard]] torch::Tensor forward(const Batch& batch, bool training);
  [[nodiscard]] torch::Tensor run_layer(std::size_t index, const std::vector<torch::Tensor>& inputs,
                                        bool training);

  Network network_;
  TrainingTask task_;
  torch::MemoryFormat format_;
  std::vector<LayerState> states_;  // one a layer
  torch::Tensor logits_;
};

}  // namespace nibble
