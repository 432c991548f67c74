#include "models/layers/network_weights.h"

#include <algorithm>
#include <cmath>

#include "models/layers/gemm_call.h"
#include "models/layers/layer_fault.h"
#include "models/layers/layer_names.h"

namespace nibble {
namespace {

constexpr const char* kTimingOnly = " is not computed with values, allowed is the engine timing";

/// Kinds that are computed with values in some of their forms only.
void check_sequence_values(const Layer& layer) {
  const auto timing_only = [&](const std::string& what) {
    refuse_layer(layer.name, what + kTimingOnly);
  };
  switch (layer.kind) {
    case LayerKind::lstm:
      if (layer.bidirectional) timing_only("a bidirectional lstm");
      return;
    case LayerKind::embedding:
      if (layer.lookups != 1) timing_only("an embedding with several lookups");
      if (layer.inputs.front() >= 0) timing_only("an embedding that does not read the input");
      return;
    case LayerKind::position_embedding:
      if (layer.table_rows == 0) timing_only("a fixed position table");
      if (layer.extra_tokens > 0) timing_only("a position table with extra tokens");
      return;
    case LayerKind::pact_signed:
    case LayerKind::gelu:
    case LayerKind::layer_norm:
    case LayerKind::softmax:
    case LayerKind::matmul:
      return;
    default:
      if (layer.kind > LayerKind::global_avg_pool) {
        timing_only("type " + std::string(layer_kind_name(layer.kind)));
      }
  }
}

void check_layer_values(const Network& network, const Layer& layer) {
  const auto timing_only = [&](const std::string& what) {
    refuse_layer(layer.name, what + kTimingOnly);
  };
  check_sequence_values(layer);
  if (layer.kind == LayerKind::conv && layer.bias) timing_only("a convolution's bias");
  if (layer.tied) timing_only("a layer with tied weights");
  if (layer.ceil_mode) timing_only("a pool with ceil");
  const bool from_input = std::count(layer.inputs.begin(), layer.inputs.end(), -1) > 0;
  if (from_input && layer.kind != LayerKind::embedding && reads_tokens(network)) {
    refuse_layer(layer.name, "reads token ids, which only an embedding can");
  }
  if (!multiplies(layer) || !forward_is_int4(layer.precision)) return;
  if (from_input) timing_only("a 4-bit layer that reads no pact layer");
}

void check_count(const std::string& layer, const char* what, std::size_t found,
                 std::int64_t expected) {
  if (static_cast<std::int64_t>(found) != expected) {
    refuse_layer(layer, std::string(what) + " has " + std::to_string(found) +
                            " elements instead of " + std::to_string(expected));
  }
}

bool has_weights(LayerKind kind) {
  return kind == LayerKind::conv || kind == LayerKind::linear || kind == LayerKind::batch_norm ||
         kind == LayerKind::pact || kind == LayerKind::pact_signed ||
         kind == LayerKind::layer_norm || kind == LayerKind::lstm || kind == LayerKind::embedding ||
         kind == LayerKind::position_embedding;
}

/// Codes or fp16.
void check_matrix(const Layer& layer, bool nibbles, const WeightMatrix& matrix,
                  std::int64_t elements) {
  check_count(layer.name, "weight codes", matrix.codes.size(), nibbles ? elements : 0);
  check_count(layer.name, "fp16 weights", matrix.values.size(), nibbles ? 0 : elements);
  if (nibbles && !(std::isfinite(matrix.step) && matrix.step >= 0)) {
    refuse_layer(layer.name, "weight_scale must be a finite number, at least 0");
  }
}

void check_gemm_layer(const Layer& layer, const LayerWeights& weights, bool blocks) {
  const bool nibbles =
      gemm_operands(layer.precision, GemmPass::forward, blocks) == GemmOperands::nibble;
  std::int64_t elements = 0, biases = layer.bias ? layer.filters : 0;
  if (layer.kind == LayerKind::lstm) {
    biases = 4 * layer.filters;
    elements = biases * layer.input_shape.c;
    check_matrix(layer, nibbles, weights.hidden, biases * layer.filters);
  } else {
    const ConvShape conv = conv_shape(layer, 1);
    elements = conv.k * conv.r * conv.s * (conv.c / conv.groups);
  }
  const auto forward = [](LayerPrecision precision) {
    return gemm_operands(precision, GemmPass::forward);
  };
  if (forward(weights.precision) != forward(layer.precision)) {
    refuse_layer(layer.name, "weights of precision " +
                                 std::string(layer_precision_name(weights.precision)) +
                                 ", allowed are those of " +
                                 std::string(layer_precision_name(layer.precision)));
  }
  check_matrix(layer, nibbles, weights.weight, elements);
  check_count(layer.name, "bias", weights.bias.size(), biases);
}

void check_layer(const Layer& layer, const LayerWeights& weights, bool blocks) {
  switch (layer.kind) {
    case LayerKind::embedding:
    case LayerKind::position_embedding:
      check_count(layer.name, "table", weights.table.size(),
                  layer.table_rows * layer.output_shape.c);
      break;
    case LayerKind::conv:
    case LayerKind::linear:
    case LayerKind::lstm:
      check_gemm_layer(layer, weights, blocks);
      break;
    case LayerKind::batch_norm:
    case LayerKind::layer_norm:
      check_count(layer.name, "scale", weights.scale.size(), layer.output_shape.c);
      check_count(layer.name, "shift", weights.shift.size(), layer.output_shape.c);
      break;
    case LayerKind::pact:
    case LayerKind::pact_signed:
      if (!(std::isfinite(weights.alpha) && weights.alpha > 0)) {
        refuse_layer(layer.name, "alpha must be a finite number above 0");
      }
      break;
    default:
      break;
  }
}

}  // namespace

void check_values(const Network& network) {
  for (const Layer& layer : network.layers) check_layer_values(network, layer);
}

void check_weights(const Network& network, const NetworkWeights& weights) {
  check_values(network);
  std::size_t next = 0;
  for (const Layer& layer : network.layers) {
    if (!has_weights(layer.kind)) continue;
    if (next == weights.layers.size()) refuse_layer(layer.name, "has no weights");
    const LayerWeights& entry = weights.layers[next++];
    if (entry.name != layer.name) {
      refuse_layer(layer.name, "has no weights in its place; " + entry.name + " stands there");
    }
    check_layer(layer, entry, weights.blocks.has_value());
  }
  if (next != weights.layers.size()) {
    refuse_layer(weights.layers[next].name, "has weights but is not in the network");
  }
}

}  // namespace nibble
