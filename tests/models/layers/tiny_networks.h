// Networks of a few layers, for tests of single kinds.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "models/layers/network.h"
#include "tests/models/layers/small_network.h"

namespace nibble::test {

/// A network whose last layer is `last`, with as many classes as that yields.
inline Network network_of(FeatureShape input, std::vector<Layer> layers, std::int64_t classes) {
  Network network;
  network.name = "kinds";
  network.input = input;
  network.classes = classes;
  network.layers = std::move(layers);
  return network;
}

/// The last layer, with shapes.
inline Layer inferred(FeatureShape input, std::vector<Layer> layers, std::int64_t classes) {
  Network network = network_of(input, std::move(layers), classes);
  infer_shapes(network);
  return network.layers.back();
}

/// What infer_shapes says, "" if all fits.
inline std::string refusal(FeatureShape input, std::vector<Layer> layers) {
  Network network = network_of(input, std::move(layers), 1);
  try {
    infer_shapes(network);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

inline Layer linear(const std::string& name, int input, std::int64_t filters, bool flatten) {
  Layer result = layer(name, LayerKind::linear, {input});
  result.filters = filters;
  result.flatten = flatten;
  return result;
}

}  // namespace nibble::test
