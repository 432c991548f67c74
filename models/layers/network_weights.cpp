#include "models/layers/network_weights.h"

#include <cmath>

#include "models/layers/layer_fault.h"
#include "models/layers/layer_names.h"

namespace nibble {
namespace {

constexpr const char* kTimingOnly = " is not computed with values, allowed is the engine timing";

void check_layer_values(const Network& network, const Layer& layer) {
  const auto timing_only = [&](const std::string& what) {
    refuse_layer(layer.name, what + kTimingOnly);
  };
  if (layer.kind > LayerKind::global_avg_pool) {
    timing_only("type " + std::string(layer_kind_name(layer.kind)));
  }
  if (layer.groups != 1) timing_only("a convolution in groups");
  if (layer.kind == LayerKind::conv && layer.bias) timing_only("a convolution's bias");
  if (layer.kind == LayerKind::linear && !layer.flatten) timing_only("a linear layer by position");
  if (layer.tied) timing_only("a layer with tied weights");
  if (layer.ceil_mode) timing_only("a pool with ceil");
  if (!multiplies(layer) || layer.precision == LayerPrecision::fp16) return;
  if (layer.precision != LayerPrecision::int4_fp4) {
    timing_only("precision " + std::string(layer_precision_name(layer.precision)));
  }
  const int input = layer.inputs.front();
  if (input < 0 || network.layers[static_cast<std::size_t>(input)].kind != LayerKind::pact) {
    timing_only("a 4-bit layer that reads no pact layer");
  }
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
         kind == LayerKind::pact;
}

void check_gemm_layer(const Layer& layer, const LayerWeights& weights) {
  const ConvShape conv = conv_shape(layer, 1);
  const std::int64_t elements = conv.k * conv.r * conv.s * conv.c;
  if (weights.precision != layer.precision)
    refuse_layer(layer.name, "weights of another precision");
  const bool nibbles = layer.precision == LayerPrecision::int4_fp4;
  check_count(layer.name, "weight codes", weights.codes.size(), nibbles ? elements : 0);
  check_count(layer.name, "fp16 weights", weights.values.size(), nibbles ? 0 : elements);
  check_count(layer.name, "bias", weights.bias.size(), layer.bias ? layer.filters : 0);
  if (nibbles && !(std::isfinite(weights.weight_scale) && weights.weight_scale >= 0)) {
    refuse_layer(layer.name, "weight_scale must be a finite number, at least 0");
  }
}

void check_layer(const Layer& layer, const LayerWeights& weights) {
  switch (layer.kind) {
    case LayerKind::conv:
    case LayerKind::linear:
      check_gemm_layer(layer, weights);
      break;
    case LayerKind::batch_norm:
      check_count(layer.name, "scale", weights.scale.size(), layer.output_shape.c);
      check_count(layer.name, "shift", weights.shift.size(), layer.output_shape.c);
      break;
    case LayerKind::pact:
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
    check_layer(layer, entry);
  }
  if (next != weights.layers.size()) {
    refuse_layer(weights.layers[next].name, "has weights but is not in the network");
  }
}

}  // namespace nibble
