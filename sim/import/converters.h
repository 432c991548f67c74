// ONNX operators to layers: one function an operator, by concept in *_converters.cpp. Internal to
// sim/import.
//
// A converter reads its node's inputs from the builder, adds layers and sets the node's outputs. It
// is called only if an input is an activation. Throws Unsupported if a Network has no layer for
// what the node does; then the node is kept as traffic.
#pragma once

#include <onnx/onnx_pb.h>

#include "sim/import/layer_builder.h"

namespace nibble {

void convert_conv(LayerBuilder& builder, const onnx::NodeProto& node);
void convert_pool(LayerBuilder& builder, const onnx::NodeProto& node);
/// GlobalAveragePool, and ReduceMean over all positions.
void convert_global_pool(LayerBuilder& builder, const onnx::NodeProto& node);
void convert_batch_norm(LayerBuilder& builder, const onnx::NodeProto& node);

void convert_gemm(LayerBuilder& builder, const onnx::NodeProto& node);
void convert_matmul(LayerBuilder& builder, const onnx::NodeProto& node);

void convert_relu(LayerBuilder& builder, const onnx::NodeProto& node);
void convert_clip(LayerBuilder& builder, const onnx::NodeProto& node);
/// Any other function of one number: the layer `gelu`.
void convert_smooth(LayerBuilder& builder, const onnx::NodeProto& node);
void convert_softmax(LayerBuilder& builder, const onnx::NodeProto& node);
void convert_layer_norm(LayerBuilder& builder, const onnx::NodeProto& node);
/// Add, Sub, Mul, Div of an activation and another or a constant.
void convert_binary(LayerBuilder& builder, const onnx::NodeProto& node);
void convert_where(LayerBuilder& builder, const onnx::NodeProto& node);

/// Nodes that do nothing to the values or their order.
void convert_identity(LayerBuilder& builder, const onnx::NodeProto& node);
void convert_pad(LayerBuilder& builder, const onnx::NodeProto& node);
/// Reshape, Flatten, Squeeze, Unsqueeze, Expand to the same size.
void convert_reshape(LayerBuilder& builder, const onnx::NodeProto& node);
void convert_transpose(LayerBuilder& builder, const onnx::NodeProto& node);
void convert_slice(LayerBuilder& builder, const onnx::NodeProto& node);
void convert_split(LayerBuilder& builder, const onnx::NodeProto& node);
void convert_concat(LayerBuilder& builder, const onnx::NodeProto& node);

/// A row of a table by token ids, or one element of an axis of an activation.
void convert_gather(LayerBuilder& builder, const onnx::NodeProto& node);
void convert_lstm(LayerBuilder& builder, const onnx::NodeProto& node);
/// GRU and RNN: traffic, but they tell which axis is the sequence.
void convert_recurrent(LayerBuilder& builder, const onnx::NodeProto& node);

/// Whether a Gather by constants looks up learned features for the network's token ids (segments of
/// BERT, which exporters feed by an input of their own): an embedding layer all the same.
[[nodiscard]] bool is_side_embedding(const LayerBuilder& builder, const onnx::NodeProto& node);

/// Elements [begin, begin + count) of an axis, which the result keeps: fewer channels of a layer
/// that can compute them alone, or the first of all positions.
[[nodiscard]] Activation take_part(LayerBuilder& builder, const onnx::NodeProto& node,
                                   const Activation& from, std::size_t axis, std::int64_t begin,
                                   std::int64_t count);

/// The converter of an operator of ai.onnx; a null pointer if it has none.
using Converter = void (*)(LayerBuilder&, const onnx::NodeProto&);
[[nodiscard]] Converter find_converter(const std::string& op);

}  // namespace nibble
