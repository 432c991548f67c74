// The layers of NUMERICS' arithmetic as autograd works: what each reads and yields stands at its
// function. The arithmetic itself is in gemm_layer.h, elementwise.h and elementwise_training.h.
#pragma once

#include <torch/torch.h>

#include "models/training/elementwise_training.h"
#include "models/training/gemm_layer.h"
#include "models/training/layer_function.h"

namespace nibble {

/// conv, linear. `bias` may be undefined, `alpha` is that of the pact layer before (4-bit layers).
[[nodiscard]] torch::Tensor multiply_layer(GemmLayer& layer, const torch::Tensor& x,
                                           const torch::Tensor& weight, const torch::Tensor& bias,
                                           float alpha, OperationSink* sink,
                                           IncomingGradient incoming);

/// Batch norm with the batch's statistics, which are handed back in `statistics`.
[[nodiscard]] torch::Tensor batch_norm_layer(const torch::Tensor& x, const torch::Tensor& gamma,
                                             const torch::Tensor& beta, float epsilon,
                                             BatchStatistics& statistics,
                                             IncomingGradient incoming);

/// `alpha` is a trained tensor of one element.
[[nodiscard]] torch::Tensor pact_layer(const torch::Tensor& x, const torch::Tensor& alpha,
                                       IncomingGradient incoming);

[[nodiscard]] torch::Tensor add_layer(const torch::Tensor& a, const torch::Tensor& b,
                                      IncomingGradient incoming);

[[nodiscard]] torch::Tensor average_pool_layer(const torch::Tensor& x, IncomingGradient incoming);

}  // namespace nibble
