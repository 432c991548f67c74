// Convolutional networks as exporters write them: layers, MACs and parameters by hand.
#include <catch2/catch.hpp>

#include "described_network.h"
#include "onnx_test_models.h"
#include "sim/import/onnx_importer.h"

namespace nibble {
namespace {

using Lines = std::vector<std::string>;

ImportedNetwork import(const OnnxGraph& graph) {
  return import_onnx_bytes(graph.bytes(), "models/net.onnx", {});
}

std::string add_relu6(OnnxGraph& graph, const std::string& path, const std::string& input) {
  return graph.node("Clip", path + "/Clip",
                    {input, graph.scalar(path + ".min", 0), graph.scalar(path + ".max", 6)});
}

/// One convolution of an image of 16 x 16 x 3 to eight channels, with attributes of its own.
OnnxGraph lone_convolution(const Dims& weights) {
  OnnxGraph graph;
  graph.input("image", {1, weights[1], 16, 16});
  graph.weights("w", weights);
  graph.output(graph.node("Conv", "conv", {"image", "w"}));
  return graph;
}

void require_traffic(const OnnxGraph& graph, const std::string& reason, const std::string& line) {
  const ImportedNetwork imported = import(graph);
  REQUIRE(imported.notes ==
          Lines{"models/net.onnx: node conv (Conv): " + reason + ", kept as traffic"});
  REQUIRE(described(imported.network) == Lines{line});
}

}  // namespace

TEST_CASE("a ResNet block keeps its names, marks its shortcut, and its GEMMs read pact layers") {
  const ImportedNetwork imported = import(resnet_block(1));
  REQUIRE(imported.notes.empty());
  const Network& network = imported.network;
  REQUIRE(network.name == "net");
  REQUIRE(network.classes == 10);
  REQUIRE(described(network) ==
          Lines{"conv1 conv3/1p1(input) 16x16x8", "conv1_bn batch_norm(conv1) 16x16x8",
                "relu pact(conv1_bn) 16x16x8", "layer1.0.conv1 conv3/2p1(relu) 8x8x16",
                "layer1.0.conv1_bn batch_norm(layer1.0.conv1) 8x8x16",
                "layer1.0.relu pact(layer1.0.conv1_bn) 8x8x16",
                "layer1.0.conv2 conv3/1p1(layer1.0.relu) 8x8x16",
                "layer1.0.conv2_bn batch_norm(layer1.0.conv2) 8x8x16",
                "layer1.0.down conv1/2s(relu) 8x8x16",
                "layer1.0.down_bn batch_norm(layer1.0.down) 8x8x16",
                "layer1.0 add(layer1.0.conv2_bn,layer1.0.down_bn) 8x8x16",
                "layer1.0.relu_1 relu(layer1.0) 8x8x16",
                "avgpool global_avg_pool(layer1.0.relu_1) 1x1x16", "fc linearb(avgpool) 1x1x10"});
  REQUIRE(forward_macs(network) == 256 * 27 * 8 + 64 * 72 * 16 + 64 * 144 * 16 + 64 * 8 * 16 + 160);
  REQUIRE(parameters(network) == 216 + 16 + 1152 + 32 + 2304 + 32 + 128 + 32 + 170);
  REQUIRE(network.layers[0].precision == LayerPrecision::fp16);
  REQUIRE(network.layers[3].precision == LayerPrecision::int4_fp4);
  REQUIRE(network.layers.back().precision == LayerPrecision::fp16);
}

TEST_CASE("a batch in the file changes nothing but the batch") {
  REQUIRE(described(import(resnet_block(4)).network) == described(import(resnet_block(1)).network));
}

TEST_CASE(
    "a MobileNet block: depthwise in fp16, linear bottleneck behind a signed clip, residual") {
  OnnxGraph graph;
  graph.input("image", {1, 3, 8, 8});
  const std::string stem = add_conv_norm(graph, "/stem", "image", 3, 4, 1, 1);
  const std::string wide = add_conv_norm(graph, "/expand", stem, 4, 24, 1, 1);
  const std::string deep =
      add_conv_norm(graph, "/depth", add_relu6(graph, "/act1", wide), 24, 24, 3, 1, 24);
  const std::string narrow =
      add_conv_norm(graph, "/project", add_relu6(graph, "/act2", deep), 24, 4, 1, 1);
  const std::string sum = graph.node("Add", "/Add", {stem, narrow});
  const std::string pooled = graph.node("ReduceMean", "/ReduceMean", {sum});
  graph.with("axes", Dims{2, 3}).with("keepdims", 0);
  graph.weights("w", {4, 5});
  graph.output(graph.node("MatMul", "/fc/MatMul", {pooled, "w"}));
  const ImportedNetwork imported = import(graph);
  REQUIRE(imported.notes.empty());
  REQUIRE(described(imported.network) ==
          Lines{"stem conv1/1(input) 8x8x4", "stem_bn batch_norm(stem) 8x8x4",
                "stem_bn.act pact_signed(stem_bn) 8x8x4", "expand conv1/1(stem_bn.act) 8x8x24",
                "expand_bn batch_norm(expand) 8x8x24", "act1 relu(expand_bn) 8x8x24",
                "depth conv3/1p1g24(act1) 8x8x24", "depth_bn batch_norm(depth) 8x8x24",
                "act2 pact(depth_bn) 8x8x24", "project conv1/1(act2) 8x8x4",
                "project_bn batch_norm(project) 8x8x4", "Add add(stem_bn,project_bn) 8x8x4",
                "ReduceMean global_avg_pool(Add) 1x1x4", "fc linear(ReduceMean) 1x1x5"});
  REQUIRE(forward_macs(imported.network) == 64 * (12 + 96 + 9 * 24 + 96) + 20);
  REQUIRE(imported.network.layers[6].precision == LayerPrecision::fp16);
}

TEST_CASE("GoogLeNet's branches are joined along their channels, pools keep their ceiling") {
  OnnxGraph graph;
  graph.input("image", {1, 4, 9, 9});
  const std::string down = graph.node("MaxPool", "/pool/MaxPool", {"image"});
  graph.with("kernel_shape", Dims{3, 3}).with("strides", Dims{2, 2}).with("ceil_mode", 1);
  graph.with("pads", Dims{0, 0, 0, 0});
  const std::string one = add_conv_norm(graph, "/b1", down, 4, 2, 1, 1);
  const std::string three = add_conv_norm(graph, "/b2", down, 4, 3, 3, 1);
  const std::string same = graph.node("MaxPool", "/b3/MaxPool", {down});
  graph.with("kernel_shape", Dims{3, 3}).with("strides", Dims{1, 1}).with("pads", Dims{1, 1, 1, 1});
  const std::string joined = graph.node("Concat", "/Concat", {one, three, same});
  graph.with("axis", 1);
  graph.output(graph.node("AveragePool", "/avg/AveragePool", {joined}));
  graph.with("kernel_shape", Dims{4, 4});
  const ImportedNetwork imported = import(graph);
  REQUIRE(imported.notes.empty());
  REQUIRE(described_without_pacts(imported.network) ==
          Lines{"pool max_pool3/2(input) 4x4x4", "b1 conv1/1(pool) 4x4x2",
                "b1_bn batch_norm(b1) 4x4x2", "b2 conv3/1p1(pool) 4x4x3",
                "b2_bn batch_norm(b2) 4x4x3", "b3 max_pool3/1p1(pool) 4x4x4",
                "Concat concat(b1_bn,b2_bn,b3) 4x4x9", "avg avg_pool4/1(Concat) 1x1x9"});
}

TEST_CASE("padding that differs from edge to edge is a padding of the same output size") {
  OnnxGraph uneven = lone_convolution({8, 3, 3, 3});
  uneven.with("strides", Dims{2, 2}).with("pads", Dims{0, 0, 1, 1});
  REQUIRE(described(import(uneven).network) == Lines{"conv conv3/2p1(input) 8x8x8"});
  OnnxGraph same = lone_convolution({8, 3, 5, 5});
  same.with("auto_pad", std::string("SAME_UPPER"));
  REQUIRE(described(import(same).network) == Lines{"conv conv5/1p2(input) 16x16x8"});
  OnnxGraph valid = lone_convolution({8, 3, 5, 5});
  valid.with("auto_pad", std::string("VALID"));
  REQUIRE(described(import(valid).network) == Lines{"conv conv5/1(input) 12x12x8"});
}

TEST_CASE("convolutions that a network cannot hold are named and kept as traffic") {
  require_traffic(lone_convolution({8, 3, 1, 7}), "a kernel of 1 x 7, not square",
                  "conv traffic(input) 16x10x8");
  OnnxGraph dilated = lone_convolution({8, 3, 3, 3});
  dilated.with("dilations", Dims{2, 2});
  require_traffic(dilated, "a dilated window", "conv traffic(input) 12x12x8");
  OnnxGraph strides = lone_convolution({8, 3, 3, 3});
  strides.with("strides", Dims{1, 2});
  require_traffic(strides, "a stride of 1 x 2, not square", "conv traffic(input) 14x7x8");
  OnnxGraph line;
  line.input("signal", {1, 3, 20});
  line.weights("w", {8, 3, 5});
  line.output(line.node("Conv", "conv", {"signal", "w"}));
  require_traffic(line, "a convolution along 1 axes", "conv traffic(input) 8x1x16");
}

TEST_CASE("an operator without a layer is named and its readers go on behind it") {
  OnnxGraph graph;
  graph.input("image", {1, 3, 4, 4});
  graph.weights("up", {3, 6, 2, 2});
  const std::string larger = graph.node("ConvTranspose", "/up", {"image", "up"});
  graph.with("strides", Dims{2, 2});
  graph.output(add_conv_norm(graph, "/conv", larger, 6, 5, 3, 1));
  const ImportedNetwork imported = import(graph);
  REQUIRE(imported.notes ==
          Lines{"models/net.onnx: node /up (ConvTranspose): an operator without a "
                "layer, kept as traffic"});
  REQUIRE(described(imported.network) == Lines{"up traffic(input) 8x8x6",
                                               "conv conv3/1p1(up) 8x8x5",
                                               "conv_bn batch_norm(conv) 8x8x5"});
}

TEST_CASE("a scale for each channel, computed from the image, is kept as traffic") {
  OnnxGraph graph;
  graph.input("image", {1, 4, 4, 4});
  const std::string squeezed = graph.node("GlobalAveragePool", "/squeeze", {"image"});
  const std::string gate = graph.node("Sigmoid", "/gate", {squeezed});
  graph.output(graph.node("Mul", "/Mul", {"image", gate}));
  REQUIRE(described(import(graph).network) == Lines{"squeeze global_avg_pool(input) 1x1x4",
                                                    "gate gelu(squeeze) 1x1x4",
                                                    "Mul traffic(input,gate) 4x4x4"});
}

TEST_CASE("x times a function of x is one function") {
  OnnxGraph graph(14);
  graph.input("image", {1, 4, 4, 4});
  const std::string gate = graph.node("Sigmoid", "/act/Sigmoid", {"image"});
  const std::string swish = graph.node("Mul", "/act/Mul", {"image", gate});
  graph.output(graph.node("HardSwish", "/hard/HardSwish", {graph.node("Relu", "/Relu", {swish})}));
  REQUIRE(described(import(graph).network) ==
          Lines{"act gelu(input) 4x4x4", "Relu relu(act) 4x4x4", "hard gelu(Relu) 4x4x4"});
}

TEST_CASE("a function that is read beside its product with x stays a layer of its own") {
  OnnxGraph graph;
  graph.input("image", {1, 4, 4, 4});
  const std::string gate = graph.node("Sigmoid", "/gate", {"image"});
  const std::string product = graph.node("Mul", "/Mul", {"image", gate});
  const std::string both = graph.node("Concat", "/Concat", {product, gate});
  graph.with("axis", 1);
  graph.output(both);
  REQUIRE(described(import(graph).network) == Lines{"gate gelu(input) 4x4x4",
                                                    "Mul multiply(input,gate) 4x4x4",
                                                    "Concat concat(Mul,gate) 4x4x8"});
}

TEST_CASE("the precision asked for is the default, fp16 needs no pact layer") {
  OnnxOptions options;
  options.precision = LayerPrecision::fp16;
  options.name = "my net";
  const Network network = import_onnx_bytes(resnet_block(1).bytes(), "n.onnx", options).network;
  REQUIRE(network.name == "my_net");
  for (const Layer& layer : network.layers) {
    REQUIRE(layer.kind != LayerKind::pact);
    REQUIRE(layer.kind != LayerKind::pact_signed);
  }
}

TEST_CASE("outputs beside the first are left out with what only they need") {
  OnnxGraph graph;
  graph.input("image", {1, 4, 4, 4});
  const std::string shared = graph.node("Relu", "/Relu", {"image"});
  const std::string other = graph.node("Sigmoid", "/side", {shared});
  graph.output(graph.node("Tanh", "/main", {shared}));
  graph.output(other);
  const ImportedNetwork imported = import(graph);
  REQUIRE(described(imported.network) == Lines{"Relu relu(input) 4x4x4", "main gelu(Relu) 4x4x4"});
  REQUIRE(imported.notes == Lines{"models/net.onnx: output /side_output_0: left out, the network "
                                  "yields /main_output_0"});
}

}  // namespace nibble
