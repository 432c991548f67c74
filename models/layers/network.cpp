#include "models/layers/network.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "models/layers/layer_fault.h"
#include "models/layers/layer_names.h"
#include "models/layers/output_shape.h"

namespace nibble {
namespace {

std::vector<FeatureShape> input_shapes(const Network& network, const Layer& layer, int index) {
  std::vector<FeatureShape> shapes;
  for (const int input : layer.inputs) {
    if (input < -1 || input >= index) {
      refuse_layer(layer.name, "reads a layer that does not come before it");
    }
    shapes.push_back(input < 0 ? network.input
                               : network.layers[static_cast<std::size_t>(input)].output_shape);
  }
  return shapes;
}

/// Only a pact layer bounds its output by an alpha, from which 4-bit codes can be made.
void check_precision(const Network& network, const Layer& layer) {
  if (!multiplies(layer) || !forward_is_int4(layer.precision)) return;
  for (const int input : layer.inputs) {
    if (input < 0) continue;
    const LayerKind kind = network.layers[static_cast<std::size_t>(input)].kind;
    if (kind == LayerKind::pact || kind == LayerKind::pact_signed) continue;
    refuse_layer(layer.name, "is " + std::string(layer_precision_name(layer.precision)) +
                                 " but does not read a pact or pact_signed layer");
  }
}

/// Of one position of the GEMM's input.
std::int64_t linear_inputs(const Layer& layer) {
  return layer.flatten ? layer.input_shape.elements() : layer.input_shape.c;
}

/// Each direction has four gates that read the input and the hidden state.
std::int64_t lstm_weights(const Layer& layer) {
  const std::int64_t directions = layer.bidirectional ? 2 : 1;
  return directions * 4 * layer.filters * (layer.input_shape.c + layer.filters);
}

std::string text_of(const FeatureShape& shape) {
  return std::to_string(shape.h) + 'x' + std::to_string(shape.w) + 'x' + std::to_string(shape.c);
}

/// A field that a Layer gains does not compile here until it is named.
std::string layer_text(const Layer& layer) {
  const auto& [name, kind, inputs, filters, kernel, stride, padding, groups, precision, shortcut,
               bias, flatten, causal, tied, ceil_mode, heads, transpose_b, bidirectional, dropout,
               table_rows, lookups, extra_tokens, input_shape, output_shape] = layer;
  std::string text = name;
  for (const std::int64_t number :
       {static_cast<std::int64_t>(kind), filters, kernel, stride, padding, groups,
        static_cast<std::int64_t>(precision), static_cast<std::int64_t>(shortcut),
        static_cast<std::int64_t>(bias), static_cast<std::int64_t>(flatten),
        static_cast<std::int64_t>(causal), static_cast<std::int64_t>(tied),
        static_cast<std::int64_t>(ceil_mode), heads, static_cast<std::int64_t>(transpose_b),
        static_cast<std::int64_t>(bidirectional), table_rows, lookups, extra_tokens}) {
    text += ' ' + std::to_string(number);
  }
  for (const int input : inputs) text += " <" + std::to_string(input);
  char digits[32];
  text.append(" dropout ")
      .append(digits, std::to_chars(digits, digits + sizeof digits, dropout).ptr);
  return text + ' ' + text_of(input_shape) + " > " + text_of(output_shape) + '\n';
}

ConvShape matmul_shape(const Layer& layer, std::int64_t batch) {
  const FeatureShape &in = layer.input_shape, &out = layer.output_shape;
  ConvShape shape;
  shape.n = in.h;
  shape.groups = batch * layer.heads;
  // One of the two sides already counts all heads: the tokens' channels.
  shape.c = batch * (layer.transpose_b ? in.c : layer.heads * in.c);
  shape.k = batch * (layer.transpose_b ? layer.heads * out.c : out.c);
  shape.h = shape.w = shape.r = shape.s = 1;
  return shape;
}

}  // namespace

void infer_shapes(Network& network) {
  if (network.layers.empty()) throw std::invalid_argument("network has no layers");
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    Layer& layer = network.layers[i];
    const std::vector<FeatureShape> inputs = input_shapes(network, layer, static_cast<int>(i));
    const FeatureShape output = infer_output_shape(layer, inputs);
    check_precision(network, layer);
    layer.input_shape = inputs.front();
    layer.output_shape = output;
  }
  const Layer& last = network.layers.back();
  const FeatureShape& yielded = last.output_shape;
  if ((yielded.h * yielded.w > 1 ? yielded.c : yielded.elements()) != network.classes) {
    refuse_layer(last.name, "yields " + shape_text(yielded) + " where the network has " +
                                std::to_string(network.classes) + " classes");
  }
}

std::string network_text(const Network& network) {
  const auto& [name, input, classes, layers] = network;
  std::string text = name + ' ' + text_of(input) + ' ' + std::to_string(classes) + '\n';
  for (const Layer& layer : layers) text += layer_text(layer);
  return text;
}

bool reads_tokens(const Network& network) {
  return std::any_of(network.layers.begin(), network.layers.end(), [](const Layer& layer) {
    return layer.kind == LayerKind::embedding && layer.inputs.front() < 0;
  });
}

bool takes_dropout(LayerKind kind) {
  return kind == LayerKind::embedding || kind == LayerKind::position_embedding ||
         kind == LayerKind::linear || kind == LayerKind::lstm || kind == LayerKind::gelu ||
         kind == LayerKind::softmax;
}

bool multiplies(const Layer& layer) {
  return layer.kind == LayerKind::conv || layer.kind == LayerKind::linear ||
         layer.kind == LayerKind::matmul || layer.kind == LayerKind::lstm;
}

ConvShape conv_shape(const Layer& layer, std::int64_t batch) {
  if (layer.kind == LayerKind::matmul) return matmul_shape(layer, batch);
  const FeatureShape& in = layer.input_shape;
  if (layer.kind == LayerKind::linear) {
    const std::int64_t rows = layer.flatten ? batch : batch * in.h * in.w;
    return matrix_shape(rows, linear_inputs(layer), layer.filters);
  }
  if (layer.kind != LayerKind::conv) refuse_layer(layer.name, "has no convolution");
  ConvShape shape;
  shape.k = layer.filters;
  shape.n = batch;
  shape.c = in.c;
  shape.h = in.h;
  shape.w = in.w;
  shape.r = shape.s = layer.kernel;
  shape.stride = layer.stride;
  shape.padding = layer.padding;
  shape.groups = layer.groups;
  return shape;
}

std::int64_t forward_macs(const Layer& layer) {
  if (!multiplies(layer)) return 0;
  if (layer.kind == LayerKind::lstm) return layer.input_shape.h * lstm_weights(layer);
  return conv_shape(layer, 1).macs();
}

std::int64_t parameters(const Layer& layer) {
  const std::int64_t bias = layer.bias ? layer.filters : 0;
  switch (layer.kind) {
    case LayerKind::conv:
      return layer.filters * (layer.input_shape.c / layer.groups) * layer.kernel * layer.kernel +
             bias;
    case LayerKind::linear:
      return (layer.tied ? 0 : linear_inputs(layer) * layer.filters) + bias;
    case LayerKind::batch_norm:
    case LayerKind::layer_norm:
      return 2 * layer.output_shape.c;
    case LayerKind::lstm:
      return lstm_weights(layer) + 8 * layer.output_shape.c;
    case LayerKind::embedding:
      return layer.tied ? 0 : layer.table_rows * layer.filters;
    case LayerKind::position_embedding:
      return (layer.table_rows + layer.extra_tokens) * layer.output_shape.c;
    default:
      return 0;
  }
}

std::int64_t forward_macs(const Network& network) {
  std::int64_t sum = 0;
  for (const Layer& layer : network.layers) sum += forward_macs(layer);
  return sum;
}

std::int64_t parameters(const Network& network) {
  std::int64_t sum = 0;
  for (const Layer& layer : network.layers) sum += parameters(layer);
  return sum;
}

}  // namespace nibble
