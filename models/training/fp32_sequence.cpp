#include "models/training/fp32_sequence.h"

#include <limits>

#include "models/layers/matmul_operands.h"

namespace nibble {

using torch::Tensor;

namespace {

/// [N,T,1,C] to [N,heads,T,C/heads].
Tensor split_heads(const Tensor& x, std::int64_t heads) {
  return x.reshape({x.size(0), x.size(1), heads, -1}).permute({0, 2, 1, 3});
}

}  // namespace

Tensor fp32_matmul(const Layer& layer, const Tensor& a, const Tensor& b) {
  const Tensor second = split_heads(b, layer.heads);
  if (layer.transpose_b) {
    const Tensor scores = torch::matmul(split_heads(a, layer.heads), second.transpose(2, 3));
    return scores.permute({0, 2, 1, 3}) * static_cast<double>(matmul_factor(layer));
  }
  const Tensor context = torch::matmul(a.permute({0, 2, 1, 3}), second);
  return context.permute({0, 2, 1, 3}).reshape({a.size(0), a.size(1), 1, -1});
}

Tensor fp32_softmax(const Layer& layer, const Tensor& x) {
  if (!layer.causal) return torch::softmax(x, 3);
  const std::int64_t queries = x.size(1), keys = x.size(3);
  const Tensor hidden = torch::ones({queries, keys}, torch::kBool).triu(keys - queries + 1);
  return torch::softmax(x.masked_fill(hidden.reshape({1, queries, 1, keys}),
                                      -std::numeric_limits<double>::infinity()),
                        3);
}

Tensor fp32_lstm(const Tensor& x, const Tensor& weight, const Tensor& hidden_weight,
                 const Tensor& bias) {
  const Tensor state = torch::zeros({1, x.size(0), hidden_weight.size(1)});
  const Tensor y = std::get<0>(torch::lstm(x.squeeze(2), {state, state},
                                           {weight, hidden_weight, bias, torch::zeros_like(bias)},
                                           true, 1, 0.0, true, false, true));
  return y.unsqueeze(2);
}

}  // namespace nibble
