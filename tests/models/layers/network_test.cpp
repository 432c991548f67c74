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

TEST_CASE("The text of a network tells every field of every layer, its input and its classes") {
  const Network network = test::small_network();
  CHECK(network_text(network) == network_text(test::small_network()));
  int changes = 0;
  const auto differs = [&](const auto& change) {
    Network other = network;
    change(other, other.layers[3]);
    INFO("change " << ++changes);
    CHECK(network_text(other) != network_text(network));
  };
  differs([](Network& n, Layer&) { n.name += "1"; });
  differs([](Network& n, Layer&) { n.input.w = 9; });
  differs([](Network& n, Layer&) { n.classes = 4; });
  differs([](Network& n, Layer&) { n.layers.pop_back(); });
  differs([](Network&, Layer& layer) { layer.name = "c"; });
  differs([](Network&, Layer& layer) { layer.kind = LayerKind::linear; });
  differs([](Network&, Layer& layer) { layer.inputs = {1}; });
  differs([](Network&, Layer& layer) { layer.dropout = 0.1; });
  differs([](Network&, Layer& layer) { layer.inputs.push_back(1); });
  differs([](Network&, Layer& layer) { layer.precision = LayerPrecision::fp8; });
  for (std::int64_t Layer::*number :
       {&Layer::filters, &Layer::kernel, &Layer::stride, &Layer::padding, &Layer::groups,
        &Layer::heads, &Layer::table_rows, &Layer::lookups, &Layer::extra_tokens}) {
    differs([=](Network&, Layer& layer) { ++(layer.*number); });
  }
  for (bool Layer::*flag :
       {&Layer::shortcut, &Layer::bias, &Layer::flatten, &Layer::causal, &Layer::tied,
        &Layer::ceil_mode, &Layer::transpose_b, &Layer::bidirectional}) {
    differs([=](Network&, Layer& layer) { layer.*flag = !(layer.*flag); });
  }
  for (FeatureShape Layer::*shape : {&Layer::input_shape, &Layer::output_shape}) {
    differs([=](Network&, Layer& layer) { ++(layer.*shape).h; });
    differs([=](Network&, Layer& layer) { ++(layer.*shape).w; });
    differs([=](Network&, Layer& layer) { ++(layer.*shape).c; });
  }
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
