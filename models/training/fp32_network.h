// The same graph in plain libtorch: binary32, autograd, ReLU for PACT. What 4-bit training is
// compared with, in accuracy and in speed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <torch/torch.h>

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
  [[nodiscard]] std::vector<ParameterArray> parameters() override;
  [[nodiscard]] NamedArrays states() const override;
  void restore_states(const NamedArrays& states) override;
  [[nodiscard]] std::vector<float> logits() const override;

  /// Forward only, with the running statistics.
  [[nodiscard]] BatchOutcome judge(const Batch& batch);

 private:
  struct LayerState {
    torch::Tensor weight, hidden_weight, bias, gamma, beta, running_mean, running_variance;
  };

  struct NamedTensor {
    std::string name;
    ParameterKind kind;
    torch::Tensor tensor;
  };

  [[nodiscard]] std::vector<NamedTensor> named_parameters() const;
  [[nodiscard]] std::vector<NamedTensor> named_states() const;
  void initialise(std::size_t index, std::uint64_t seed);
  [[nodiscard]] torch::Tensor input_of(const Batch& batch) const;
  [[nodiscard]] torch::Tensor forward(const Batch& batch, bool training);
  [[nodiscard]] torch::Tensor run_layer(std::size_t index, const std::vector<torch::Tensor>& inputs,
                                        bool training);
  /// In training, with the masks of dropout_layer.h.
  [[nodiscard]] torch::Tensor drop(std::size_t index, const torch::Tensor& y,
                                   std::uint32_t step) const;
  /// On [N,H,W,C], which libtorch's layers of sequences want.
  [[nodiscard]] torch::Tensor run_sequence_layer(const Layer& layer, const LayerState& state,
                                                 const std::vector<torch::Tensor>& inputs) const;

  Network network_;
  TrainingTask task_;
  std::uint64_t seed_;
  torch::MemoryFormat format_;
  std::vector<LayerState> states_;  // one a layer
  torch::Tensor logits_;
};

}  // namespace nibble
