// What is written reads back as the same network, for every kind of layer.
#include "sim/import/network_writer.h"

#include <catch2/catch.hpp>

#include "described_network.h"
#include "models/layers/layer_names.h"
#include "onnx_test_models.h"
#include "sim/config/network_reader.h"
#include "sim/import/four_bit_inputs.h"
#include "sim/import/onnx_importer.h"

namespace nibble {
namespace {

Layer layer(const std::string& name, LayerKind kind, std::vector<int> inputs) {
  Layer made;
  made.name = name;
  made.kind = kind;
  made.inputs = std::move(inputs);
  return made;
}

/// One of each kind, with no key at its default where it has any.
Network every_kind() {
  Network network;
  network.name = "every";
  network.input = {9, 1, 1};
  network.classes = 4;
  std::vector<Layer>& layers = network.layers;
  layers = {layer("table", LayerKind::embedding, {-1}),
            layer("places", LayerKind::position_embedding, {0}),
            layer("norm", LayerKind::layer_norm, {1}),
            layer("recurrent", LayerKind::lstm, {2}),
            layer("scores", LayerKind::matmul, {3, 3}),
            layer("weights", LayerKind::softmax, {4}),
            layer("mix", LayerKind::matmul, {5, 3}),
            layer("image", LayerKind::reshape, {6}),
            layer("conv", LayerKind::conv, {7}),
            layer("norm2", LayerKind::batch_norm, {8}),
            layer("act", LayerKind::relu, {9}),
            layer("down", LayerKind::conv, {10}),
            layer("pool", LayerKind::max_pool, {11}),
            layer("pool2", LayerKind::avg_pool, {12}),
            layer("smooth", LayerKind::gelu, {13}),
            layer("product", LayerKind::multiply, {14, 13}),
            layer("sum", LayerKind::add, {15, 14}),
            layer("joined", LayerKind::concat, {16, 15, 14}),
            layer("unknown", LayerKind::traffic, {17, 16}),
            layer("first", LayerKind::select_token, {18}),
            layer("wide", LayerKind::linear, {18}),
            layer("mean", LayerKind::global_avg_pool, {20}),
            layer("both", LayerKind::add, {21, 19}),
            layer("end", LayerKind::linear, {22})};
  layers[0].table_rows = 30, layers[0].filters = 8, layers[0].lookups = 2;
  layers[1].table_rows = 12, layers[1].extra_tokens = 1;
  layers[3].filters = 4, layers[3].bidirectional = true;
  layers[4].heads = layers[6].heads = 2, layers[4].transpose_b = true;
  layers[7].output_shape = {4, 5, 4};
  layers[8].filters = 8, layers[8].kernel = 3, layers[8].stride = 1, layers[8].padding = 1;
  layers[8].groups = 4, layers[8].bias = true;
  layers[11].filters = 6, layers[11].shortcut = true;
  layers[12].kernel = 3, layers[12].stride = 2, layers[12].ceil_mode = true;
  layers[13].kernel = 2, layers[13].stride = 1, layers[13].padding = 1;
  layers[18].output_shape = {6, 1, 7};
  layers[20].filters = 7, layers[20].flatten = false, layers[20].tied = true;
  layers[23].filters = 4, layers[23].bias = true;
  return network;
}

}  // namespace

TEST_CASE("a network of all kinds of layers reads back as it was") {
  ImportedNetwork imported;
  imported.source = "some.onnx";
  imported.network = every_kind();
  infer_shapes(imported.network);
  choose_precisions(imported.network, LayerPrecision::int4_fp8);
  insert_four_bit_inputs(imported.network);
  infer_shapes(imported.network);
  const Network& written = imported.network;
  const std::string text = network_text(imported, LayerPrecision::int4_fp8);
  const Network read = parse_network(text, "text");
  REQUIRE(described(read) == described(written));
  REQUIRE(read.name == "every");
  REQUIRE(read.classes == written.classes);
  for (std::size_t i = 0; i < read.layers.size(); ++i) {
    const Layer &a = read.layers[i], &b = written.layers[i];
    CAPTURE(a.name);
    REQUIRE(a.precision == b.precision);
    REQUIRE(a.filters == b.filters);
    REQUIRE(a.lookups == b.lookups);
    REQUIRE(a.ceil_mode == b.ceil_mode);
    REQUIRE(a.flatten == b.flatten);
    REQUIRE(a.bidirectional == b.bidirectional);
    REQUIRE(parameters(a) == parameters(b));
    REQUIRE(forward_macs(a) == forward_macs(b));
  }
}

TEST_CASE("every kind of layer is in the test above") {
  const Network network = every_kind();
  for (const auto& [name, kind] : kLayerKindNames) {
    if (kind == LayerKind::pact || kind == LayerKind::pact_signed) continue;  // put in between
    CAPTURE(name);
    bool found = false;
    for (const Layer& one : network.layers) found = found || one.kind == kind;
    REQUIRE(found);
  }
}

TEST_CASE("imported ONNX models read back with their precisions") {
  for (const OnnxGraph& graph : {resnet_block(1), bert_block(1), language_model(1)}) {
    for (const auto& [name, precision] : kLayerPrecisionNames) {
      CAPTURE(name);
      OnnxOptions options;
      options.precision = precision;
      const ImportedNetwork imported = import_onnx_bytes(graph.bytes(), "n.onnx", options);
      const Network read = parse_network(network_text(imported, precision), "text");
      REQUIRE(described(read) == described(imported.network));
      for (std::size_t i = 0; i < read.layers.size(); ++i) {
        REQUIRE(read.layers[i].precision == imported.network.layers[i].precision);
      }
    }
  }
}

TEST_CASE("the file says where it came from and what was left out, whatever the names hold") {
  ImportedNetwork imported = import_onnx_bytes(language_model(1).bytes(), "n.onnx", {});
  imported.notes = {"node \n- {name: evil} was kept"};
  const std::string text = network_text(imported, LayerPrecision::int4_fp4);
  REQUIRE(text.substr(0, text.find("network:")) ==
          "# Made by `nibblesim import` from n.onnx.\n# node ?- {name: evil} was kept\n");
}

TEST_CASE("a network beyond the bounds of network files is refused with the bound") {
  OnnxGraph graph;
  graph.input("x", {1, 2, 20000, 1});
  graph.output(graph.node("Relu", "/Relu", {"x"}));
  const ImportedNetwork imported = import_onnx_bytes(graph.bytes(), "tall.onnx", {});
  const std::string fault =
      fault_of([&] { (void)network_text(imported, LayerPrecision::int4_fp4); });
  REQUIRE(fault.find("tall.onnx: input.height: 20000 is out of range, allowed is a whole number "
                     "from 1 to 16384") == 0);
}

}  // namespace nibble
