// How a layer of ours enters libtorch's autograd: an object that computes forward and, later,
// backward, wrapped in one torch::autograd::Function. Tensors are contiguous float [N,H,W,C] (or
// parameters) that hold fp16 values where NUMERICS says fp16.
#pragma once

#include <cstdint>
#include <vector>

#include <torch/torch.h>

namespace nibble {

/// One layer on one batch: made for every forward pass, lives until its backward pass.
class LayerWork : public torch::CustomClassHolder {
 public:
  [[nodiscard]] virtual torch::Tensor forward(const std::vector<torch::Tensor>& inputs) = 0;
  /// The gradient of every input of forward(), in its order; an undefined tensor for none. `dy` is
  /// contiguous and holds fp16 values.
  [[nodiscard]] virtual std::vector<torch::Tensor> backward(const torch::Tensor& dy) = 0;
};

/// What reaches a layer's backward pass: fp16 values as another layer of ours made them, or
/// something that libtorch computed in binary32 and that is rounded to fp16 first. The sum of the
/// gradients of two readers is such a thing; rounded, it is exactly what an fp16 addition gives.
enum class IncomingGradient : std::uint8_t { fp16, binary32 };

/// work->forward(inputs) of at most three tensors, recorded for autograd.
[[nodiscard]] torch::Tensor apply_layer(const std::vector<torch::Tensor>& inputs,
                                        IncomingGradient incoming,
                                        c10::intrusive_ptr<LayerWork> work);

}  // namespace nibble
