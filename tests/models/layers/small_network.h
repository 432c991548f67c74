// A network that has every kind of layer the chip executes, small enough to compute by hand-written
// loops, and random weights for it. Used by the tests of inference, weight files and training.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "models/layers/network.h"
#include "models/layers/network_weights.h"
#include "models/quantize/sawb.h"

namespace nibble::test {

inline Layer layer(const std::string& name, LayerKind kind, std::vector<int> inputs) {
  Layer result;
  result.name = name;
  result.kind = kind;
  result.inputs = std::move(inputs);
  return result;
}

inline Layer conv(const std::string& name, std::vector<int> inputs, std::int64_t filters,
                  std::int64_t kernel, std::int64_t stride, LayerPrecision precision) {
  Layer result = layer(name, LayerKind::conv, std::move(inputs));
  result.filters = filters;
  result.kernel = kernel;
  result.stride = stride;
  result.padding = kernel / 2;
  result.precision = precision;
  return result;
}

/// Input 8x8x1; an fp16 convolution, a residual block of stride 2 in 4 bits with an fp16 shortcut,
/// pooling, a linear layer with bias.
inline Network small_network() {
  Network network;
  network.name = "small";
  network.input = {8, 8, 1};
  network.classes = 3;
  auto& layers = network.layers;
  layers.push_back(conv("conv1", {-1}, 4, 3, 1, LayerPrecision::fp16));     // 0
  layers.push_back(layer("bn1", LayerKind::batch_norm, {0}));               // 1
  layers.push_back(layer("act1", LayerKind::pact, {1}));                    // 2
  layers.push_back(conv("conv2", {2}, 6, 3, 2, LayerPrecision::int4_fp4));  // 3
  layers.push_back(layer("bn2", LayerKind::batch_norm, {3}));               // 4
  layers.push_back(conv("shortcut", {2}, 6, 1, 2, LayerPrecision::fp16));   // 5
  layers.push_back(layer("sum", LayerKind::add, {4, 5}));                   // 6
  layers.push_back(layer("act2", LayerKind::pact, {6}));                    // 7
  layers.push_back(conv("conv3", {7}, 5, 3, 1, LayerPrecision::int4_fp4));  // 8
  layers.push_back(layer("relu", LayerKind::relu, {8}));                    // 9
  layers.push_back(layer("largest", LayerKind::max_pool, {9}));             // 10
  layers.back().kernel = layers.back().stride = 2;
  layers.push_back(layer("mean", LayerKind::global_avg_pool, {10}));  // 11
  layers.push_back(layer("fc", LayerKind::linear, {11}));             // 12
  layers.back().filters = 3;
  layers.back().bias = true;
  infer_shapes(network);
  return network;
}

inline std::vector<float> random_floats(std::mt19937_64& random, std::size_t count, float low,
                                        float high) {
  std::uniform_real_distribution<float> uniform(low, high);
  std::vector<float> values(count);
  for (float& value : values) value = uniform(random);
  return values;
}

inline std::vector<Fp16Code> to_fp16(const std::vector<float>& values) {
  std::vector<Fp16Code> codes(values.size());
  for (std::size_t i = 0; i < codes.size(); ++i) codes[i] = fp16_from_float(values[i]);
  return codes;
}

inline WeightMatrix random_matrix(std::mt19937_64& random, std::int64_t elements,
                                  LayerPrecision precision) {
  const std::vector<float> weights =
      random_floats(random, static_cast<std::size_t>(elements), -0.5F, 0.5F);
  WeightMatrix matrix;
  if (precision == LayerPrecision::int4_fp4) {
    const SawbScale sawb = sawb_scale(weights.data(), weights.size());
    for (const float w : weights) matrix.codes.push_back(sawb_quantize(w, sawb.reciprocal));
    matrix.step = sawb.alpha / 7.0F;
  } else {
    matrix.values = to_fp16(weights);
  }
  return matrix;
}

inline NetworkWeights random_weights(const Network& network, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  NetworkWeights result;
  result.network = network.name;
  result.dataset = "none";
  for (const Layer& item : network.layers) {
    LayerWeights entry;
    entry.name = item.name;
    entry.precision = item.precision;
    const auto channels = static_cast<std::size_t>(item.output_shape.c);
    const auto matrix = [&](std::int64_t elements) {
      entry.weight = random_matrix(random, elements, item.precision);
    };
    if (item.kind == LayerKind::conv || item.kind == LayerKind::linear) {
      const ConvShape shape = conv_shape(item, 1);
      matrix(shape.k * shape.r * shape.s * shape.c);
      if (item.bias) entry.bias = random_floats(random, channels, -1, 1);
    } else if (item.kind == LayerKind::lstm) {
      matrix(4 * item.filters * item.input_shape.c);
      entry.hidden = random_matrix(random, 4 * item.filters * item.filters, item.precision);
      entry.bias = random_floats(random, 4 * channels, -1, 1);
    } else if (item.kind == LayerKind::embedding || item.kind == LayerKind::position_embedding) {
      entry.table = to_fp16(random_floats(
          random, static_cast<std::size_t>(item.table_rows * item.output_shape.c), -1, 1));
    } else if (item.kind == LayerKind::batch_norm || item.kind == LayerKind::layer_norm) {
      entry.scale = random_floats(random, channels, 0.5F, 1.5F);
      entry.shift = random_floats(random, channels, -0.5F, 0.5F);
    } else if (item.kind == LayerKind::pact || item.kind == LayerKind::pact_signed) {
      entry.alpha = random_floats(random, 1, 0.8F, 2)[0];
    } else {
      continue;
    }
    result.layers.push_back(entry);
  }
  return result;
}

}  // namespace nibble::test
