#include "models/layers/network.h"

#include <stdexcept>

namespace nibble {
namespace {

[[noreturn]] void misfit(const Layer& layer, const std::string& fault) {
  throw std::invalid_argument("layer " + layer.name + ": " + fault);
}

std::string text(const FeatureShape& shape) {
  return std::to_string(shape.h) + "x" + std::to_string(shape.w) + "x" + std::to_string(shape.c);
}

const FeatureShape& shape_of(const Network& network, int index) {
  return index < 0 ? network.input : network.layers[static_cast<std::size_t>(index)].output_shape;
}

/// Output pixels along one axis of a window that slides over `size` pixels.
std::int64_t window_steps(const Layer& layer, std::int64_t size) {
  const std::int64_t span = size + 2 * layer.padding - layer.kernel;
  if (span < 0) {
    misfit(layer, "kernel " + std::to_string(layer.kernel) + " is larger than its padded input " +
                      std::to_string(size + 2 * layer.padding));
  }
  return span / layer.stride + 1;
}

FeatureShape sliding_window(const Layer& layer, std::int64_t channels) {
  if (layer.kernel < 1 || layer.stride < 1 || layer.padding < 0) {
    misfit(layer, "kernel and stride must be at least 1, padding at least 0");
  }
  return {window_steps(layer, layer.input_shape.h), window_steps(layer, layer.input_shape.w),
          channels};
}

FeatureShape output_of(const Layer& layer) {
  const FeatureShape& in = layer.input_shape;
  switch (layer.kind) {
    case LayerKind::conv:
      return sliding_window(layer, layer.filters);
    case LayerKind::linear:
      return {1, 1, layer.filters};
    case LayerKind::max_pool:
      return sliding_window(layer, in.c);
    case LayerKind::global_avg_pool:
      return {1, 1, in.c};
    case LayerKind::batch_norm:
    case LayerKind::pact:
    case LayerKind::relu:
    case LayerKind::add:
      return in;
  }
  misfit(layer, "unknown kind");
}

void check_inputs(const Network& network, const Layer& layer, int index) {
  const std::size_t expected = layer.kind == LayerKind::add ? 2 : 1;
  if (layer.inputs.size() != expected) {
    misfit(layer, "has " + std::to_string(layer.inputs.size()) + " inputs instead of " +
                      std::to_string(expected));
  }
  for (const int input : layer.inputs) {
    if (input < -1 || input >= index) misfit(layer, "reads a layer that does not come before it");
    const FeatureShape& shape = shape_of(network, input);
    const FeatureShape& first = shape_of(network, layer.inputs.front());
    if (shape.h != first.h || shape.w != first.w || shape.c != first.c) {
      misfit(layer, "adds shapes " + text(first) + " and " + text(shape));
    }
  }
}

/// Only a pact layer bounds its output by an alpha, from which 4-bit codes can be made.
void check_precision(const Network& network, const Layer& layer) {
  if (!multiplies(layer)) return;
  if (layer.filters < 1) misfit(layer, "filters must be at least 1");
  if (layer.precision != LayerPrecision::int4_fp4) return;
  const int input = layer.inputs.front();
  if (input < 0 || network.layers[static_cast<std::size_t>(input)].kind != LayerKind::pact) {
    misfit(layer, "is int4_fp4 but does not read a pact layer");
  }
}

}  // namespace

void infer_shapes(Network& network) {
  if (network.layers.empty()) throw std::invalid_argument("network has no layers");
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    Layer& layer = network.layers[i];
    check_inputs(network, layer, static_cast<int>(i));
    check_precision(network, layer);
    layer.input_shape = shape_of(network, layer.inputs.front());
    layer.output_shape = output_of(layer);
  }
  const Layer& last = network.layers.back();
  if (last.output_shape.elements() != network.classes) {
    misfit(last, "yields " + text(last.output_shape) + " where the network has " +
                     std::to_string(network.classes) + " classes");
  }
}

bool multiplies(const Layer& layer) {
  return layer.kind == LayerKind::conv || layer.kind == LayerKind::linear ||
         layer.kind == LayerKind::matmul || layer.kind == LayerKind::lstm;
}

ConvShape conv_shape(const Layer& layer, std::int64_t batch) {
  ConvShape shape;
  shape.n = batch;
  shape.k = layer.filters;
  if (layer.kind == LayerKind::linear) {
    shape.c = layer.input_shape.elements();
    shape.h = shape.w = shape.r = shape.s = 1;
    return shape;
  }
  if (layer.kind != LayerKind::conv) misfit(layer, "has no convolution");
  shape.c = layer.input_shape.c;
  shape.h = layer.input_shape.h;
  shape.w = layer.input_shape.w;
  shape.r = shape.s = layer.kernel;
  shape.stride = layer.stride;
  shape.padding = layer.padding;
  return shape;
}

}  // namespace nibble
