// The layers of sequences in plain libtorch, for Fp32Network. Tensors are [N,H,W,C], as everywhere
// in this project: a sequence is [N,T,1,C], scores of heads [N,T,heads,S].
#pragma once

#include <torch/torch.h>

#include "models/layers/network.h"

namespace nibble {

/// The product of a matmul layer, with the factor of matmul_factor().
[[nodiscard]] torch::Tensor fp32_matmul(const Layer& layer, const torch::Tensor& a,
                                        const torch::Tensor& b);
[[nodiscard]] torch::Tensor fp32_softmax(const Layer& layer, const torch::Tensor& x);
/// weight [4*hidden, in], hidden_weight [4*hidden, hidden], bias [4*hidden].
[[nodiscard]] torch::Tensor fp32_lstm(const torch::Tensor& x, const torch::Tensor& weight,
                                      const torch::Tensor& hidden_weight,
                                      const torch::Tensor& bias);

}  // namespace nibble
