// The layers of NUMERICS' arithmetic as autograd works: what each reads and yields stands at its
// function. The arithmetic itself is in gemm_layer.h, elementwise.h and elementwise_training.h.
#pragma once

#include <torch/torch.h>

#include "models/training/elementwise_training.h"
#include "models/training/gemm_layer.h"

namespace nibble {

/// conv, linear. Inputs of the gradient: x, weight, bias (if the layer has one).
[[nodiscard]] torch::Tensor multiply_layer(GemmLayer& layer, const torch::Tensor& x,
                                           const torch::Tensor& weight, const torch::Tensor& bias,
                                           float alpha, OperationSink* sink);

/// Batch norm with the batch's statistics, which are handed back in `statistics`.
[[nodiscard]] torch::Tensor batch_norm_layer(const torch::Tensor& x, const torch::Tensor& gamma,
                                             const torch::Tensor& beta, float epsilon,
                                             BatchStatistics& statistics);

/// `alpha` is a trained tensor of one element.
[[nodiscard]] torch::Tensor pact_layer(const torch::Tensor& x, const torch::Tensor& alpha);

[[nodiscard]] torch::Tensor add_layer(const torch::Tensor& a, const torch::Tensor& b);

[[nodiscard]] torch::Tensor average_pool_layer(const torch::Tensor& x);

}  // namespace nibble
