#include "models/layers/network_weights.h"

#include <cmath>
#include <stdexcept>

namespace nibble {
namespace {

[[noreturn]] void misfit(const std::string& layer, const std::string& fault) {
  throw std::invalid_argument("layer " + layer + ": " + fault);
}

void check_count(const std::string& layer, const char* what, std::size_t found,
                 std::int64_t expected) {
  if (static_cast<std::int64_t>(found) != expected) {
    misfit(layer, std::string(what) + " has " + std::to_string(found) + " elements instead of " +
                      std::to_string(expected));
  }
}

bool has_weights(LayerKind kind) {
  return kind == LayerKind::conv || kind == LayerKind::linear || kind == LayerKind::batch_norm ||
         kind == LayerKind::pact;
}

void check_gemm_layer(const Layer& layer, const LayerWeights& weights) {
  const ConvShape conv = conv_shape(layer, 1);
  const std::int64_t elements = conv.k * conv.r * conv.s * conv.c;
  if (weights.precision != layer.precision) misfit(layer.name, "weights of another precision");
  const bool nibbles = layer.precision == LayerPrecision::int4_fp4;
  check_count(layer.name, "weight codes", weights.codes.size(), nibbles ? elements : 0);
  check_count(layer.name, "fp16 weights", weights.values.size(), nibbles ? 0 : elements);
  check_count(layer.name, "bias", weights.bias.size(), layer.bias ? layer.filters : 0);
  if (nibbles && !(std::isfinite(weights.weight_scale) && weights.weight_scale >= 0)) {
    misfit(layer.name, "weight_scale must be a finite number, at least 0");
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
        misfit(layer.name, "alpha must be a finite number above 0");
      }
      break;
    case LayerKind::relu:
    case LayerKind::add:
    case LayerKind::max_pool:
    case LayerKind::global_avg_pool:
      break;
  }
}

}  // namespace

void check_weights(const Network& network, const NetworkWeights& weights) {
  std::size_t next = 0;
  for (const Layer& layer : network.layers) {
    if (!has_weights(layer.kind)) continue;
    if (next == weights.layers.size()) misfit(layer.name, "has no weights");
    const LayerWeights& entry = weights.layers[next++];
    if (entry.name != layer.name) {
      misfit(layer.name, "has no weights in its place; " + entry.name + " stands there");
    }
    check_layer(layer, entry);
  }
  if (next != weights.layers.size()) {
    misfit(weights.layers[next].name, "has weights but is not in the network");
  }
}

}  // namespace nibble
