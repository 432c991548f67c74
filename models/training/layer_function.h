// How a layer of ours enters libtorch's autograd: an object that computes forward and, later,
// backward, wrapped in one torch::autograd::Function. Tensors are contiguous float [N,H,W,C] (or
// parameters) that hold fp16 values where NUMERICS says fp16.
#pragma once

#include <torch/torch.h>

namespace nibble {

/// One layer on one batch: made for every forward pass, lives until its backward pass.
class LayerWork : public torch::CustomClassHolder {
 public:
  [[nodiscard]] virtual torch::Tensor forward(const std::vector<torch::Tensor>& inputs) = 0;
  /// The gradient of every input of forward(), in its order; an undefined tensor for none. `dy` is
  /// contiguous and already rounded to fp16: autograd adds the gradients of several readers in
  /// binary32, which rounds to the same fp16 as an fp16 addition.
  [[nodiscard]] virtual std::vector<torch::Tensor> backward(const torch::Tensor& dy) = 0;
};

/// work->forward(inputs) of at most three tensors, recorded for autograd.
[[nodiscard]] torch::Tensor apply_layer(const std::vector<torch::Tensor>& inputs,
                                        c10::intrusive_ptr<LayerWork> work);

}  // namespace nibble
