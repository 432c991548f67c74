// A Network's parameters and its forward pass in libtorch, in one of two arithmetics: NUMERICS'
// (the layer works) or plain FP32 with ReLU for PACT. Both start from the same weights.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <torch/torch.h>

#include "models/layers/network_weights.h"
#include "models/training/elementwise_training.h"
#include "models/training/gemm_layer.h"
#include "models/training/layer_function.h"
#include "models/training/training_task.h"

namespace nibble {

class TrainedNetwork {
 public:
  enum class Mode : std::uint8_t {
    training,    // batch statistics, which move the running ones
    captured,    // batch statistics; leaves no mark on the network's state
    evaluation,  // running statistics; fp32 only, nibble4 evaluates through InferenceNetwork
  };

  /// Weights are He-normal from `seed`. Throws std::invalid_argument if the graph does not fit.
  TrainedNetwork(Network network, const TrainingTask& task, TrainingPrecision precision,
                 std::uint64_t seed, const GemmFunction& gemm);

  /// `images` [N,H,W,C]; returns logits [N, classes].
  [[nodiscard]] torch::Tensor forward(const torch::Tensor& images, Mode mode,
                                      OperationSink* sink = nullptr);

  // Parameters by how the optimizer treats them: weights decay, alphas decay a little, norms
  // (gamma, beta and biases) do not.
  [[nodiscard]] std::vector<torch::Tensor> weights() const;
  [[nodiscard]] std::vector<torch::Tensor> norms() const;
  [[nodiscard]] std::vector<torch::Tensor> alphas() const;

  /// After the optimizer: GradScale votes, and alpha's floor.
  void finish_step();

  /// What InferenceNetwork needs, batch norm folded with the running statistics. nibble4 only.
  [[nodiscard]] NetworkWeights export_weights() const;

  [[nodiscard]] std::map<std::string, int> grad_scales() const;
  [[nodiscard]] std::map<std::string, float> alpha_values() const;
  [[nodiscard]] const Network& network() const { return network_; }

 private:
  struct LayerState {
    torch::Tensor weight, bias, gamma, beta, running_mean, running_variance, alpha;
    std::unique_ptr<GemmLayer> gemm;
  };
  using Tensors = std::vector<torch::Tensor>;

  void initialise(std::size_t index, std::uint64_t seed, const GemmFunction& gemm);
  [[nodiscard]] torch::Tensor run_nibble4(std::size_t index, const Tensors& inputs, Mode mode,
                                          OperationSink* sink);
  [[nodiscard]] torch::Tensor run_fp32(std::size_t index, const Tensors& inputs, Mode mode);
  void move_running_statistics(LayerState& state, const BatchStatistics& statistics,
                               std::int64_t count) const;
  [[nodiscard]] float input_alpha(const Layer& layer) const;
  [[nodiscard]] IncomingGradient incoming_gradient(std::size_t index) const;

  Network network_;
  TrainingTask task_;
  TrainingPrecision precision_;
  std::vector<LayerState> states_;  // one a layer
};

}  // namespace nibble
