// This project's layers for a libtorch program of one's own: modules beside those of torch::nn
// whose forward pass, input gradients and weight gradients are the chip's GEMMs, bit for bit
// (TrainedGemm), between tensors of binary32 that any other module may read. What a layer reads is
// rounded to fp16 and, if its forward GEMM is INT4, clipped by a PACT of its own, whose alpha is
// one of its parameters; what it yields are fp16 values. See "Layers for a libtorch program" in the
// README.
//
// A step's votes on GradScale are counted when the layer runs again after its backward pass, so an
// optimizer of libtorch needs no call besides its own. Parameters and gradscales are saved and
// loaded with the module. CPU and binary32 only; what does not fit throws std::invalid_argument.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <torch/torch.h>

#include "models/layers/gemm_call.h"
#include "models/layers/network.h"
#include "models/training/training_recipe.h"

namespace nibble {

/// How a layer multiplies.
struct ExactOptions {
  LayerPrecision precision = LayerPrecision::int4_fp4;
  TrainingRecipe recipe;  // arithmetic nibble
  LayerArithmetic arithmetic;
  /// PACT's: s4 codes of [-alpha, alpha] instead of u4 codes of [0, alpha]. ExactLstm and
  /// ExactSelfAttention always take signed ones.
  bool signed_input = false;
  double alpha_initial = 3.0;  // as in configs/tasks
  double alpha_floor = 0.1;
  /// Gradients are multiplied by 2^this before they become fp16, results divided by it.
  int loss_scale_log2 = 10;
};

class ExactLayers;

/// A few layers of the network language behind one input, as a module. Initial weights are those of
/// layer_list.h; torch::manual_seed decides them. Buffers hold the gradscales, NaN before the first
/// gradient: "gradscale", of several layers "query_gradscale" ...
class ExactModule : public torch::nn::Module {
 public:
 protected:
  ExactModule(Network layers, const ExactOptions& options);
  /// [N,H,W,C] to the same of the last layer.
  [[nodiscard]] torch::Tensor run(const torch::Tensor& x);

 private:
  std::shared_ptr<ExactLayers> layers_;
  std::vector<torch::Tensor> parameters_of_layers_;
};

/// "weight" [K,C/groups,R,S], in INT4 "pact_alpha" [1]. Square kernels, one stride and one
/// padding for both directions, no dilation. A "bias" is added by libtorch in binary32.
class ExactConv2d : public ExactModule {
 public:
  ExactConv2d(const torch::nn::Conv2dOptions& conv, const ExactOptions& exact);
  /// [N,C,H,W] to [N,K,P,Q].
  [[nodiscard]] torch::Tensor forward(const torch::Tensor& x);

 private:
  torch::Tensor bias_;
};

/// "weight" [K,C], "bias" [K], in INT4 "pact_alpha" [1].
class ExactLinear : public ExactModule {
 public:
  ExactLinear(const torch::nn::LinearOptions& linear, const ExactOptions& exact);
  /// [...,C] to [...,K].
  [[nodiscard]] torch::Tensor forward(const torch::Tensor& x);
};

/// One layer in one direction, whose first state is zero: "weight" [4*hidden, features],
/// "hidden_weight" [4*hidden, hidden] and one "bias" [4*hidden], gates in libtorch's order.
class ExactLstm : public ExactModule {
 public:
  ExactLstm(std::int64_t features, std::int64_t hidden, const ExactOptions& exact);
  /// [N,T,features] to h of every step, [N,T,hidden].
  [[nodiscard]] torch::Tensor forward(const torch::Tensor& x);
};

/// Multi-head self-attention: projections "query_weight" ... "output_bias", both products of
/// activations and the softmax between them. A causal one sees no later position.
class ExactSelfAttention : public ExactModule {
 public:
  ExactSelfAttention(std::int64_t features, std::int64_t heads, bool causal,
                     const ExactOptions& exact);
  /// [N,T,features] to the same.
  [[nodiscard]] torch::Tensor forward(const torch::Tensor& x);
};

}  // namespace nibble
