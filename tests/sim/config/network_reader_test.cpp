#include "sim/config/network_reader.h"

#include <catch2/catch.hpp>

#include "tests/sim/config/tiny_network.h"

using nibble::Layer;
using nibble::LayerKind;
using nibble::LayerPrecision;
using nibble::Network;

namespace {

using namespace nibble::test;

const std::string kPrecision = "precision: {default: int4_fp4, first: fp16, last: fp16}\n";

/// A network of c1, a1, the given layers (from line 8 on), fc.
std::string with_layers(const std::string& layers) {
  return kHead + kPrecision + kFirst + layers + kLast;
}

const Layer& layer(const Network& network, const std::string& name) {
  for (const Layer& candidate : network.layers) {
    if (candidate.name == name) return candidate;
  }
  throw std::logic_error("no layer " + name);
}

}  // namespace

TEST_CASE("The first network is read with the shapes and precisions it is meant to have") {
  const Network network =
      nibble::read_network(std::string(NIBBLE_SOURCE_DIR) + "/configs/networks/resnet8_w16.yaml");
  CHECK(network.name == "resnet8_w16");
  CHECK(network.input.elements() == 28 * 28);
  CHECK(network.classes == 10);
  REQUIRE(network.layers.size() == 30);
  const Layer& shortcut = layer(network, "s3.shortcut");
  CHECK(shortcut.input_shape.h == 14);
  CHECK(shortcut.output_shape.h == 7);
  CHECK(shortcut.output_shape.c == 64);
  CHECK(network.layers[static_cast<std::size_t>(shortcut.inputs.at(0))].name == "s2.act2");
  CHECK(layer(network, "s3.add").inputs.size() == 2);
  CHECK(layer(network, "fc").input_shape.elements() == 64);

  int in_fp16 = 0, in_int4 = 0;
  for (const Layer& each : network.layers) {
    if (each.kind != LayerKind::conv && each.kind != LayerKind::linear) continue;
    (each.precision == LayerPrecision::fp16 ? in_fp16 : in_int4)++;
  }
  CHECK(in_fp16 == 4);  // conv1, fc and two shortcuts
  CHECK(in_int4 == 6);

  const nibble::ConvShape conv = nibble::conv_shape(layer(network, "s2.conv1"), 8);
  CHECK(conv.n == 8);
  CHECK(conv.c == 16);
  CHECK(conv.p() == 14);
  CHECK(conv.macs() == 8LL * 14 * 14 * 32 * 3 * 3 * 16);
  CHECK(nibble::conv_shape(layer(network, "fc"), 8).macs() == 8 * 64 * 10);
}

TEST_CASE("A layer reads the one before it unless it says otherwise") {
  const Network network =
      parse(with_layers("  - {name: c2, type: conv, filters: 3, kernel: 1, padding: 0}\n"
                        "  - {name: sum, type: add, inputs: [c2, input]}\n"
                        "  - {name: r, type: relu, input: a1}\n"
                        "  - {name: p, type: max_pool, kernel: 2, stride: 2}\n"));
  CHECK(layer(network, "c1").inputs == std::vector<int>{-1});
  CHECK(layer(network, "c2").inputs == std::vector<int>{1});
  CHECK(layer(network, "sum").inputs == std::vector<int>{2, -1});
  CHECK(layer(network, "r").inputs == std::vector<int>{1});
  CHECK(layer(network, "p").output_shape.h == 4);
  CHECK(layer(network, "p").output_shape.w == 3);
  CHECK(layer(network, "fc").input_shape.elements() == 4 * 3 * 4);
}

TEST_CASE("A layer that does not fit is refused with its line") {
  const std::string fits = ", allowed is a graph whose shapes fit";
  const std::string earlier = ", allowed are earlier layers and the word input";
  const std::pair<std::string, std::string> cases[] = {
      {"  - {name: x, type: conv, filters: -4, kernel: 3}\n",
       "n.yaml:8:36: layers[2].filters: -4 is out of range, allowed is a whole number from 1 to "
       "1048576"},
      {"  - {name: x, type: conv, filters: 4, kernel: 3, padding: 3}\n",
       "n.yaml:8:59: layers[2].padding: 3 is out of range, allowed is a whole number from 0 to 2"},
      {"  - {name: x, type: conv, filters: 4, kernel: 9}\n",
       "n.yaml:8:5: x: kernel 9 is larger than its padded input 8" + fits},
      {"  - {name: x, type: conf}\n",
       "n.yaml:8:21: layers[2].type: unknown value conf (did you mean conv?), allowed are conv, "
       "linear, batch_norm, pact, relu, add, max_pool, global_avg_pool, pact_signed, gelu, "
       "multiply, avg_pool, concat, layer_norm, softmax, matmul, lstm, embedding, "
       "position_embedding, select_token, reshape, traffic"},
      {"  - {name: x, type: relu, input: a2}\n",
       "n.yaml:8:34: layers[2].input: unknown layer a2 (did you mean a1?)" + earlier},
      {"  - {name: x, type: relu, input: fc}\n",
       "n.yaml:8:34: layers[2].input: unknown layer fc" + earlier},
      {"  - {name: x, type: add, inputs: [a1, b9]}\n",
       "n.yaml:8:39: layers[2].inputs[1]: unknown layer b9" + earlier},
      {"  - {name: x, type: add, inputs: [a1, input]}\n",
       "n.yaml:8:5: x: adds shapes 8x6x4 and 8x6x3" + fits},
      {"  - {name: x, type: add}\n", "n.yaml:8:5: x: has 1 inputs instead of 2" + fits},
      {"  - {name: x, type: relu, filters: 4}\n",
       "n.yaml:8:27: layers[2].filters: unknown key, allowed are name, type, input, inputs"},
      {"  - {name: a1, type: relu}\n",
       "n.yaml:8:12: layers[2].name: a second layer is called a1, allowed are distinct names"},
      {"  - {name: input, type: relu}\n",
       "n.yaml:8:12: layers[2].name: input cannot name a layer, allowed are letters, digits and "
       "_.- but not the word input"},
      {"  - {name: r, type: relu}\n  - {name: x, type: conv, filters: 4, kernel: 1}\n",
       "n.yaml:9:5: x: is int4_fp4 but does not read a pact or pact_signed layer" + fits},
      {"  - pact\n", "n.yaml:8:5: layers[2]: is not a map, allowed is {KEY: VALUE, ...}"},
  };
  for (const auto& [layers, fault] : cases) CHECK(fault_in(with_layers(layers)) == fault);
}

TEST_CASE("A network whose head or end does not fit is refused") {
  CHECK(fault_in(kHead + kPrecision + "layers: []\n") ==
        "n.yaml:5:9: layers: is empty, allowed is at least one layer");
  CHECK(fault_in(kHead + kPrecision + kFirst) ==
        "n.yaml:7:5: a1: yields 8x6x4 where the network has 10 classes, allowed is a graph whose "
        "shapes fit");
  CHECK(fault_in("network: x\ninput: {height: 8, width: 0, channels: 1}\n") ==
        "n.yaml:2:27: input.width: 0 is out of range, allowed is a whole number from 1 to 16384");
  CHECK(fault_in(with_layers("") + "optimiser: sgd\n") ==
        "n.yaml:9:1: optimiser: unknown key, allowed are network, input, classes, precision, "
        "layers");
}

TEST_CASE("An override changes a network and is named when it does not fit") {
  const auto overridden = [](const std::string& text) {
    return nibble::parse_network(with_layers(""), "n.yaml", {nibble::parse_override(text)});
  };
  CHECK(layer(overridden("layers.0.filters=7"), "c1").output_shape.c == 7);
  CHECK(nibble::fault_text([&] { (void)overridden("layers.0.filters=-7"); }) ==
        "--set layers.0.filters=-7: layers[0].filters: -7 is out of range, allowed is a whole "
        "number from 1 to 1048576");
}
