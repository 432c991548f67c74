// Every fault of an ONNX file is one line that says what is wrong and what is allowed.
#include <catch2/catch.hpp>

#include "described_network.h"
#include "onnx_test_models.h"
#include "sim/import/onnx_importer.h"

namespace nibble {
namespace {

std::string fault(const std::string& bytes, const OnnxOptions& options = {}) {
  return fault_of([&] { (void)import_onnx_bytes(bytes, "n.onnx", options); });
}

void require_start(const std::string& text, const std::string& start) {
  REQUIRE(text.substr(0, start.size()) == start);
  REQUIRE(text.find('\n') == std::string::npos);
  REQUIRE(text.find("allowed") != std::string::npos);
}

OnnxGraph dynamic_image(const std::string& symbol) {
  OnnxGraph graph;
  graph.symbolic_input("image", {-1, 3, 8, 8}, symbol);
  graph.output(graph.node("Relu", "/Relu", {"image"}));
  return graph;
}

}  // namespace

TEST_CASE("a damaged file, an empty one and another kind of file are no ONNX") {
  const std::string good = resnet_block(1).bytes();
  require_start(fault(""), "n.onnx: is empty, ");
  require_start(fault(good.substr(0, good.size() / 2)),
                "n.onnx: is no ONNX file, or a damaged one, ");
  require_start(fault("network: resnet\nlayers: []\n"),
                "n.onnx: is no ONNX file, or a damaged one, ");
  require_start(fault(onnx::ModelProto().SerializeAsString() + "\x08\x07"),
                "n.onnx: holds no ONNX graph, ");
}

TEST_CASE("a dynamic dimension is named with the option that fixes it") {
  require_start(
      fault(dynamic_image("batch").bytes()),
      "n.onnx: input image: dimension 0 (batch) is dynamic, allowed are fixed sizes: give "
      "one with --dim batch=1");
  require_start(fault(dynamic_image("").bytes()),
                "n.onnx: input image: dimension 0 (without a name) is dynamic, allowed are fixed "
                "sizes: give one with --dim image.0=1");
  OnnxOptions options;
  options.dims = {{"batch", 2}};
  REQUIRE(fault(dynamic_image("batch").bytes(), options).empty());
  options.dims = {{"image.0", 1}};
  REQUIRE(fault(dynamic_image("").bytes(), options).empty());
}

TEST_CASE("a size for a dimension that does not exist, or out of range, is a slip") {
  OnnxOptions options;
  options.dims = {{"batch", 1}, {"length", 1}};
  require_start(fault(dynamic_image("batch").bytes(), options),
                "--dim: length: no dimension of an input has this name, allowed batch");
  require_start(fault(resnet_block(1).bytes(), options),
                "--dim: batch: no dimension of an input has this name, allowed is none");
  options.dims = {{"batch", 0}};
  require_start(fault(dynamic_image("batch").bytes(), options),
                "--dim: batch: 0 is out of range, ");
}

TEST_CASE("a file that needs a newer libonnx says which version is too new") {
  OnnxGraph graph = resnet_block(1);
  graph.model().set_ir_version(onnx::IR_VERSION + 1);
  require_start(fault(graph.bytes()),
                "n.onnx: IR version 9 is too new for libonnx 1.12.0, allowed up "
                "to 8");
  OnnxGraph opset(18);
  opset.input("x", {1, 2});
  opset.output(opset.node("Relu", "/Relu", {"x"}));
  require_start(fault(opset.bytes()),
                "n.onnx: opset 18 is too new for libonnx 1.12.0, allowed up to "
                "17");
}

TEST_CASE("an operator of a later opset is named") {
  OnnxGraph graph(13);
  graph.input("x", {1, 2, 4});
  graph.output(graph.node("LayerNormalization", "/norm", {"x", graph.weights("s", {4})}));
  require_start(fault(graph.bytes()),
                "n.onnx: node /norm (LayerNormalization): is no operator of opset 13, ");
}

TEST_CASE("a node that libonnx finds wrong is named") {
  OnnxGraph missing;
  missing.input("x", {1, 2});
  missing.output(missing.node("Add", "/Add", {"x", "y"}));
  require_start(fault(missing.bytes()),
                "n.onnx: node /Add (Add): reads y, which no node before it makes, ");

  OnnxGraph clash;
  clash.input("x", {1, 2});
  clash.output(clash.node("Add", "/Add", {"x", clash.weights("w", {3, 5})}));
  require_start(fault(clash.bytes()), "n.onnx: node /Add (Add): ");

  OnnxGraph stride;
  stride.input("x", {1, 3, 8, 8});
  stride.output(stride.node("Conv", "/conv", {"x", stride.weights("w", {4, 3, 3, 3})}));
  stride.with("strides", Dims{0, 0});
  require_start(fault(stride.bytes()), "n.onnx: node /conv (Conv): attribute strides of 0, ");
}

TEST_CASE("a shape that only a run would tell is named") {
  OnnxGraph graph;
  graph.input("x", {1, 8});
  const std::string places = graph.node("NonZero", "/NonZero", {"x"});
  graph.output(places);
  require_start(fault(graph.bytes()),
                "n.onnx: tensor /NonZero_output_0: its shape cannot be known ");
}

TEST_CASE("an input that no network has, and an output that depends on none, are named") {
  OnnxGraph video;
  video.input("video", {1, 3, 4, 8, 8});
  video.output(video.node("Relu", "/Relu", {"video"}));
  require_start(fault(video.bytes()), "n.onnx: input video has 5 dimensions, allowed are images ");
  OnnxGraph constant;
  constant.input("x", {1, 4});
  constant.output(constant.node("Relu", "/Relu", {constant.weights("w", {1, 4})}));
  require_start(fault(constant.bytes()), "n.onnx: output /Relu_output_0 does not depend on ");
}

TEST_CASE("a file that does not exist, and a directory, cannot be read") {
  require_start(fault_of([] { (void)import_onnx("/nowhere/n.onnx", {}); }),
                "/nowhere/n.onnx: cannot be read (No such file or directory), ");
  require_start(fault_of([] { (void)import_onnx("/", {}); }), "/: is a directory, ");
}

}  // namespace nibble
