#include "models/layers/network.h"

#include <catch2/catch.hpp>

#include "tests/models/layers/small_network.h"

namespace nibble {
namespace {

using Catch::Contains;

TEST_CASE("Shapes follow kernels, strides and padding through the graph") {
  const Network network = test::small_network();
  const auto shape = [&](std::size_t index) { return network.layers[index].output_shape; };
  CHECK(shape(0).h == 8);
  CHECK(shape(3).h == 4);
  CHECK(shape(5).c == 6);
  CHECK(shape(10).w == 2);
  CHECK(shape(11).elements() == 5);
  CHECK(shape(12).c == 3);
  const ConvShape fc = conv_shape(network.layers[12], 7);
  CHECK(fc.n == 7);
  CHECK(fc.c == 5);
  CHECK(fc.macs() == 7 * 5 * 3);
}

TEST_CASE("A graph that does not fit is refused by layer name") {
  const auto refused = [](auto change, const char* text) {
    Network network = test::small_network();
    change(network.layers);
    CHECK_THROWS_WITH(infer_shapes(network), Contains(text));
  };
  using Layers = std::vector<Layer>;
  refused([](Layers& layers) { layers[6].inputs = {4, 2}; }, "layer sum: adds shapes");
  refused([](Layers& layers) { layers[6].inputs = {4}; }, "layer sum: has 1 inputs");
  refused([](Layers& layers) { layers[3].inputs = {3}; }, "layer conv2: reads a layer");
  refused([](Layers& layers) { layers[3].inputs = {-2}; }, "layer conv2: reads a layer");
  refused([](Layers& layers) { layers[3].inputs = {1}; }, "layer conv2: is int4_fp4");
  refused([](Layers& layers) { layers[3].filters = 0; }, "layer conv2: filters");
  refused([](Layers& layers) { layers[3].stride = 0; }, "layer conv2: kernel and stride");
  refused([](Layers& layers) { layers[8].kernel = 9; }, "layer conv3: kernel 9");
  refused([](Layers& layers) { layers[12].filters = 4; }, "layer fc: yields 1x1x4");
  Network empty;
  CHECK_THROWS_WITH(infer_shapes(empty), Contains("no layers"));
  CHECK_THROWS_WITH(conv_shape(test::small_network().layers[1], 1), Contains("no convolution"));
}

}  // namespace
}  // namespace nibble
