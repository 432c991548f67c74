// What stands behind the modules of torch_layers.h: a list of TrainedLayers with one input and one
// output, and the way of tensors in and out. libtorch's parameters and buffers are the masters;
// they are copied into the layers before a pass, and gradients and gradscales back behind it.
#pragma once

#include <string>
#include <vector>

#include <torch/torch.h>

#include "models/training/layer_list.h"
#include "models/training/torch_layers.h"

namespace nibble {

class ExactLayers {
 public:
  /// A tensor of the layers as libtorch keeps it.
  struct Named {
    std::string name;
    torch::Tensor tensor;
  };

  /// Throws std::invalid_argument for a network that does not fit.
  ExactLayers(Network network, const ExactOptions& options, std::uint64_t seed);

  /// In the order of forward()'s `parameters`; the tensors may be changed, not exchanged.
  [[nodiscard]] std::vector<Named> parameters() const;
  /// One number each, NaN before the first gradient.
  [[nodiscard]] const std::vector<Named>& gradscales() const { return gradscales_; }

  /// If a backward pass has run since: GradScale's votes, alpha's floor. Before a forward pass.
  void finish_step(const torch::TensorList& parameters);
  /// x and the result are [N,H,W,C]. Returns by which number backward() knows this pass.
  torch::Tensor forward(const torch::Tensor& x, const torch::TensorList& parameters);
  [[nodiscard]] std::int64_t pass() const { return pass_; }
  /// The gradients of x, if it is wanted, and of the parameters. Runs the forward pass again if
  /// another one has run since.
  torch::autograd::variable_list backward(std::int64_t pass, const torch::Tensor& x,
                                          const torch::TensorList& parameters,
                                          const torch::Tensor& dy, bool wants_dx);

 private:
  void build(const FeatureShape& input);
  [[nodiscard]] TrainingPass training_pass(std::int64_t samples) const;
  [[nodiscard]] std::vector<TrainedParameter*> own_parameters() const;
  void take(const torch::TensorList& parameters);
  void load_gradscales();
  void save_gradscales();

  Network network_;
  TrainingTask task_;
  std::uint64_t seed_;
  LayerList list_;
  std::vector<Named> gradscales_;
  std::int64_t pass_ = 0;
  std::uint32_t step_ = 0;
  bool learned_ = false;  // a backward pass has run in this step
};

}  // namespace nibble
