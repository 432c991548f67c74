// Which convolutions are a residual's side branch.
#include "sim/import/shortcuts.h"

#include <catch2/catch.hpp>

namespace nibble {
namespace {

int add(Network& network, LayerKind kind, std::vector<int> inputs, std::int64_t kernel = 1) {
  Layer layer;
  layer.kind = kind;
  layer.inputs = std::move(inputs);
  layer.kernel = kernel;
  network.layers.push_back(layer);
  return static_cast<int>(network.layers.size()) - 1;
}

std::vector<int> marked(Network network) {
  mark_shortcuts(network);
  std::vector<int> result;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    if (network.layers[i].shortcut) result.push_back(static_cast<int>(i));
  }
  return result;
}

}  // namespace

TEST_CASE("a 1x1 convolution beside two GEMMs from the same layer is a shortcut, on either side") {
  for (const bool first : {false, true}) {
    Network network;
    const int start = add(network, LayerKind::relu, {-1});
    const int a = add(network, LayerKind::conv, {start}, 3);
    const int b = add(network, LayerKind::conv, {add(network, LayerKind::relu, {a})}, 3);
    const int side = add(network, LayerKind::conv, {start});
    const int norm = add(network, LayerKind::batch_norm, {side});
    add(network, LayerKind::add, first ? std::vector<int>{norm, b} : std::vector<int>{b, norm});
    REQUIRE(marked(network) == std::vector<int>{side});
  }
}

TEST_CASE("one of two branches of one convolution each is none") {
  Network network;
  const int start = add(network, LayerKind::relu, {-1});
  const int wide = add(network, LayerKind::conv, {start}, 3);
  add(network, LayerKind::add, {wide, add(network, LayerKind::conv, {start})});
  REQUIRE(marked(network).empty());
}

TEST_CASE("a convolution that the other branch comes through is none") {
  Network network;
  const int start = add(network, LayerKind::relu, {-1});
  const int project = add(network, LayerKind::conv, {start});  // as at the end of a bottleneck
  const int expand = add(network, LayerKind::conv, {project});
  const int narrow = add(network, LayerKind::conv, {expand});
  add(network, LayerKind::add, {project, narrow});
  REQUIRE(marked(network).empty());
}

TEST_CASE("a larger kernel on the side branch is none") {
  Network network;
  const int start = add(network, LayerKind::relu, {-1});
  const int b = add(network, LayerKind::conv, {add(network, LayerKind::conv, {start})});
  add(network, LayerKind::add, {b, add(network, LayerKind::conv, {start}, 3)});
  REQUIRE(marked(network).empty());
}

}  // namespace nibble
