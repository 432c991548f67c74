// Blocks of networks as PyTorch's exporter writes them, shared by the tests of the importer.
#pragma once

#include <string>

#include "onnx_graph.h"

namespace nibble {

/// Adds a convolution without bias, a batch norm and returns the tensor. `path` is the module's.
std::string add_conv_norm(OnnxGraph& graph, const std::string& path, const std::string& input,
                          std::int64_t in, std::int64_t out, std::int64_t kernel,
                          std::int64_t stride, std::int64_t groups = 1);

/// x W + b of the last axis, as MatMul and Add.
std::string add_linear(OnnxGraph& graph, const std::string& path, const std::string& input,
                       std::int64_t in, std::int64_t out);

/// The arithmetic that opset 13 has for a layer norm.
std::string add_layer_norm(OnnxGraph& graph, const std::string& path, const std::string& input,
                           std::int64_t channels);

/// 0.5 x (1 + erf(x / sqrt 2)).
std::string add_gelu(OnnxGraph& graph, const std::string& path, const std::string& input);

/// Softmax(Q K^T / sqrt d) V of tensors [N,T,C], with all reshapes and transposes.
std::string add_attention(OnnxGraph& graph, const std::string& path, const std::string& q,
                          const std::string& k, const std::string& v, const Dims& shape,
                          std::int64_t heads);

/// A basic block of ResNet with a convolution on its shortcut; the classifier behind it.
[[nodiscard]] OnnxGraph resnet_block(std::int64_t batch);
/// Ids, positions, one encoder block of BERT, the first token's classifier.
[[nodiscard]] OnnxGraph bert_block(std::int64_t batch);
/// Embedding, bidirectional LSTM, a classifier for each token; [T,N].
[[nodiscard]] OnnxGraph language_model(std::int64_t batch);

}  // namespace nibble
