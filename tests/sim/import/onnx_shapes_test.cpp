// Shapes that an exported graph computes itself, and constants along the way.
#include <catch2/catch.hpp>

#include "described_network.h"
#include "onnx_graph.h"
#include "sim/import/onnx_importer.h"

namespace nibble {
namespace {

using Lines = std::vector<std::string>;

ImportedNetwork import(const OnnxGraph& graph) {
  return import_onnx_bytes(graph.bytes(), "net.onnx", {});
}

/// A Reshape of an image of 4 x 6 x 5 by a constant of the graph, and a linear layer that reads
/// `features` of it.
void finish(OnnxGraph& graph, const std::string& shape, std::int64_t features) {
  const std::string flat = graph.node("Reshape", "/Reshape", {"image", shape});
  graph.weights("w", {features, 2});
  graph.output(graph.node("MatMul", "/fc/MatMul", {flat, "w"}));
}

OnnxGraph image() {
  OnnxGraph graph;
  graph.input("image", {1, 5, 4, 6});
  return graph;
}

}  // namespace

TEST_CASE("Shape, Gather, Unsqueeze and Concat in front of a Reshape are computed") {
  OnnxGraph graph = image();
  const std::string shape = graph.node("Shape", "/Shape", {"image"});
  const std::string batch = graph.node("Gather", "/Gather", {shape, graph.index("zero", 0)});
  const std::string first =
      graph.node("Unsqueeze", "/Unsqueeze", {batch, graph.integers("front", {0})});
  const std::string both = graph.node("Concat", "/Concat", {first, graph.integers("rest", {-1})});
  graph.with("axis", 0);
  finish(graph, both, 120);
  const ImportedNetwork imported = import(graph);
  REQUIRE(imported.notes.empty());
  REQUIRE(described(imported.network) == Lines{"fc linear(input) 1x1x2"});
  REQUIRE(forward_macs(imported.network) == 240);
}

TEST_CASE("sizes are multiplied and divided in whole numbers") {
  OnnxGraph graph = image();
  const std::string shape = graph.node("Shape", "/Shape", {"image"});
  const auto size = [&](std::int64_t axis) {
    const std::string name = "axis" + std::to_string(axis);
    return graph.node("Gather", "/Gather" + name, {shape, graph.index(name, axis)});
  };
  // 4 * 6 * 5 / 7 = 17 as whole numbers; 17 + 103 = 120
  const std::string pixels = graph.node("Mul", "/Mul", {size(2), size(3)});
  const std::string all = graph.node("Mul", "/Mul_1", {pixels, size(1)});
  const std::string part = graph.node("Div", "/Div", {all, graph.index("seven", 7)});
  const std::string sum = graph.node("Add", "/Add", {part, graph.index("rest", 103)});
  const std::string features =
      graph.node("Unsqueeze", "/Unsqueeze", {sum, graph.integers("front", {0})});
  const std::string both = graph.node("Concat", "/Concat", {graph.integers("one", {1}), features});
  graph.with("axis", 0);
  finish(graph, both, 120);
  REQUIRE(forward_macs(import(graph).network) == 240);
}

TEST_CASE("conditions, slices, ranges and filled constants are computed") {
  OnnxGraph graph = image();
  const std::string shape = graph.node("Shape", "/Shape", {"image"});  // 1 5 4 6
  const std::string tail = graph.node(
      "Slice", "/Slice", {shape, graph.integers("from", {1}), graph.integers("to", {1000})});
  const std::string product = graph.node("ReduceProd", "/ReduceProd", {tail});  // [120]
  const std::string range = graph.node(
      "Range", "/Range", {graph.index("a", 120), graph.index("b", 123), graph.index("c", 2)});
  const std::string start =
      graph.node("Slice", "/Slice_1",
                 {range, graph.integers("from1", {0}), graph.integers("to1", {1})});  // [120]
  const std::string same = graph.node("Equal", "/Equal", {product, start});
  const std::string filled =
      graph.node("ConstantOfShape", "/ConstantOfShape", {graph.integers("length", {1})});  // [0]
  const std::string chosen = graph.node("Where", "/Where", {same, product, filled});
  const std::string both = graph.node("Concat", "/Concat", {graph.integers("one", {1}), chosen});
  graph.with("axis", 0);
  finish(graph, both, 120);
  REQUIRE(forward_macs(import(graph).network) == 240);
}

TEST_CASE("pads that PyTorch computes with reversed and transposed constants are known") {
  OnnxGraph graph = image();
  // [0 1 2 3 4 5 6 7] as 4 x 2, reversed along the first axis, transposed, flattened
  const std::string pairs = graph.node(
      "Reshape", "/pairs",
      {graph.integers("pads", {1, 2, 0, 0, 0, 0, 0, 0}), graph.integers("shape", {-1, 2})});
  const std::string reversed =
      graph.node("Slice", "/reversed",
                 {pairs, graph.integers("from", {-1}), graph.integers("to", {-1000}),
                  graph.integers("axes", {0}), graph.integers("steps", {-1})});
  const std::string turned = graph.node("Transpose", "/turned", {reversed});
  graph.with("perm", Dims{1, 0});
  const std::string flat = graph.node("Reshape", "/flat", {turned, graph.integers("line", {-1})});
  graph.output(graph.node("Pad", "/Pad", {"image", flat}));  // one column in front, two behind
  REQUIRE(described(import(graph).network) == Lines{"Pad traffic(input) 4x9x5"});
}

TEST_CASE("a pad of nothing is nothing") {
  OnnxGraph graph = image();
  const std::string same =
      graph.node("Pad", "/Pad", {"image", graph.integers("pads", {0, 0, 0, 0, 0, 0, 0, 0})});
  graph.output(graph.node("Relu", "/Relu", {same}));
  REQUIRE(described(import(graph).network) == Lines{"Relu relu(input) 4x6x5"});
}

TEST_CASE("weights in a file that is not there are not needed") {
  OnnxGraph graph = image();
  finish(graph, graph.integers("shape", {1, 120}), 120);
  onnx::TensorProto& weights = *graph.model().mutable_graph()->mutable_initializer(1);
  REQUIRE(weights.name() == "w");
  weights.clear_raw_data();
  weights.set_data_location(onnx::TensorProto::EXTERNAL);
  onnx::StringStringEntryProto& place = *weights.add_external_data();
  place.set_key("location");
  place.set_value("nowhere.bin");
  REQUIRE(forward_macs(import(graph).network) == 240);
}

TEST_CASE("a reshape that no order of axes explains is a reshape layer") {
  OnnxGraph graph;
  graph.input("image", {1, 5, 4, 6});
  const std::string mixed =
      graph.node("Reshape", "/Reshape", {"image", graph.integers("shape", {1, 8, 3, 5})});
  graph.weights("w", {2, 8, 1, 1});
  graph.output(graph.node("Conv", "/conv/Conv", {mixed, "w"}));
  REQUIRE(described(import(graph).network) ==
          Lines{"Reshape.in reshape(input) 3x5x8", "conv conv1/1(Reshape.in) 3x5x2"});
}

}  // namespace nibble
