// Transformers as exporters write them: attention out of reshapes and transposes, norms and
// activations out of arithmetic.
#include <catch2/catch.hpp>

#include "described_network.h"
#include "onnx_test_models.h"
#include "sim/import/onnx_importer.h"

namespace nibble {
namespace {

using Lines = std::vector<std::string>;

ImportedNetwork import(const OnnxGraph& graph) {
  return import_onnx_bytes(graph.bytes(), "net.onnx", {});
}

const Lines kBertLines = {"words embedding50(input) 6x1x8",
                          "Add position_embedding9(words) 6x1x8",
                          "norm layer_norm(Add) 6x1x8",
                          "q linearb(norm) 6x1x8",
                          "k linearb(norm) 6x1x8",
                          "v linearb(norm) 6x1x8",
                          "attention.scores matmulh2T(q,k) 6x2x6",
                          "attention softmax(attention.scores) 6x2x6",
                          "attention.mix matmulh2(attention,v) 6x1x8",
                          "out linearb(attention.mix) 6x1x8",
                          "residual add(out,norm) 6x1x8",
                          "norm1 layer_norm(residual) 6x1x8",
                          "up linearb(norm1) 6x1x32",
                          "act gelu(up) 6x1x32",
                          "down linearb(act) 6x1x8",
                          "residual_1 add(down,norm1) 6x1x8",
                          "norm2 layer_norm(residual_1) 6x1x8",
                          "Gather select_token(norm2) 1x1x8",
                          "pool linearb(Gather) 1x1x8",
                          "pool_2 gelu(pool) 1x1x8",
                          "classes linearb(pool_2) 1x1x3"};

}  // namespace

TEST_CASE("a BERT block: heads, norms and activations are found in their arithmetic") {
  const ImportedNetwork imported = import(bert_block(1));
  REQUIRE(imported.notes.empty());
  const Network& network = imported.network;
  REQUIRE(described_without_pacts(network) == kBertLines);
  // four projections, two products of every head, the feed-forward pair, pooler and classifier
  REQUIRE(forward_macs(network) == 4 * 6 * 64 + 2 * (6 * 6 * 8) + 2 * (6 * 8 * 32) + 64 + 24);
  REQUIRE(parameters(network) ==
          50 * 8 + 9 * 8 + 3 * 16 + 4 * 72 + (8 * 32 + 32) + (32 * 8 + 8) + 72 + 27);
}

TEST_CASE("a batch of sequences has the layers of one") {
  REQUIRE(described_without_pacts(import(bert_block(3)).network) == kBertLines);
}

TEST_CASE("what a product of activations reads in 4 bits is clipped: softmax from 0 on") {
  const Network network = import(bert_block(1)).network;
  for (const Layer& layer : network.layers) {
    if (layer.kind != LayerKind::matmul) continue;
    for (const int input : layer.inputs) {
      const Layer& clip = network.layers[static_cast<std::size_t>(input)];
      const Layer& source = network.layers[static_cast<std::size_t>(clip.inputs.front())];
      REQUIRE(clip.kind ==
              (source.kind == LayerKind::softmax ? LayerKind::pact : LayerKind::pact_signed));
    }
  }
}

TEST_CASE(
    "GPT's fused projection becomes three, its causal mask and scale vanish, its head is tied") {
  OnnxGraph graph(14);
  graph.input("ids", {1, 4}, onnx::TensorProto::INT64);
  graph.weights("words", {30, 8});
  const std::string x = graph.node("Gather", "/w/Gather", {"words", "ids"});
  const std::string all = add_linear(graph, "/qkv", x, 8, 24);
  const std::string q = graph.node("Split", "/Split", {all, graph.integers("thirds", {8, 8, 8})});
  graph.with("axis", 2);
  const std::string k = graph.also("/Split_output_1"), v = graph.also("/Split_output_2");
  const std::string split = graph.integers("heads", {1, 4, 2, 4});
  const auto heads = [&](const std::string& name, const std::string& tensor, const Dims& order) {
    const std::string parts = graph.node("Reshape", name + "/Reshape", {tensor, split});
    std::string moved = graph.node("Transpose", name + "/Transpose", {parts});
    graph.with("perm", order);
    return moved;
  };
  const std::string qh = heads("/q", q, {0, 2, 1, 3}), kh = heads("/k", k, {0, 2, 3, 1});
  const std::string scores = graph.node("MatMul", "/scores/MatMul", {qh, kh});
  const std::string mask = graph.weights("mask", {1, 1, 4, 4});
  const std::string visible = graph.node("Cast", "/Cast", {mask});
  graph.with("to", static_cast<std::int64_t>(onnx::TensorProto::BOOL));
  const std::string masked =
      graph.node("Where", "/Where", {visible, scores, graph.scalar("minus", -1e4F)});
  const std::string weights = graph.node("Softmax", "/Softmax", {masked});
  const std::string mixed =
      graph.node("MatMul", "/mix/MatMul", {weights, heads("/v", v, {0, 2, 1, 3})});
  const std::string back = graph.node("Transpose", "/back/Transpose", {mixed});
  graph.with("perm", Dims{0, 2, 1, 3});
  const std::string joined =
      graph.node("Reshape", "/back/Reshape", {back, graph.integers("joined", {1, 4, -1})});
  const std::string sum = graph.node("Add", "/Add", {joined, x});
  const std::string turned = graph.node("Transpose", "/head/Transpose", {"words"});
  graph.with("perm", Dims{1, 0});
  graph.output(graph.node("MatMul", "/head/MatMul", {sum, turned}));
  const ImportedNetwork imported = import(graph);
  REQUIRE(imported.notes.empty());
  REQUIRE(described_without_pacts(imported.network) ==
          Lines{"w embedding30(input) 4x1x8", "qkv.0 linearb(w) 4x1x8", "qkv.1 linearb(w) 4x1x8",
                "qkv.2 linearb(w) 4x1x8", "scores matmulh2T(qkv.0,qkv.1) 4x2x4",
                "Softmax softmax(scores) 4x2x4", "mix matmulh2(Softmax,qkv.2) 4x1x8",
                "Add add(mix,w) 4x1x8", "head lineart(Add) 4x1x30"});
  REQUIRE(forward_macs(imported.network) == 4 * 8 * 24 + 2 * 4 * 4 * 8 + 4 * 8 * 30);
  REQUIRE(parameters(imported.network) == 30 * 8 + 8 * 24 + 24);
}

TEST_CASE("parts of a projection that is also read whole are kept as traffic") {
  OnnxGraph graph;
  graph.input("x", {1, 4, 8});
  const std::string all = add_linear(graph, "/p", "x", 8, 8);
  const std::string half = graph.node(
      "Slice", "/Slice",
      {all, graph.integers("from", {4}), graph.integers("to", {8}), graph.integers("axis", {2})});
  const std::string twice = graph.node("Concat", "/Concat", {all, half});
  graph.with("axis", 2);
  graph.output(twice);
  const ImportedNetwork imported = import(graph);
  REQUIRE(described_without_pacts(imported.network) ==
          Lines{"p linearb(input) 4x1x8", "p.1 traffic(p) 4x1x4", "Concat concat(p,p.1) 4x1x12"});
  REQUIRE(imported.notes == Lines{"net.onnx: layer p.1: some channels of p, which is read whole "
                                  "too, kept as traffic"});
  REQUIRE(forward_macs(imported.network) == 4 * 64);
}

TEST_CASE("queries, keys and values of each head side by side are three projections too") {
  OnnxGraph graph;
  graph.input("x", {1, 5, 12});
  const std::string all = add_linear(graph, "/qkv", "x", 12, 36);
  const std::string split =  // heads, then which of the three, then the head's channels
      graph.node("Reshape", "/Reshape", {all, graph.integers("split", {1, 5, 2, 3, 6})});
  const auto part = [&](const std::string& name, std::int64_t index, const Dims& order) {
    const std::string taken =
        graph.node("Gather", name + "/Gather", {split, graph.index(name, index)});
    graph.with("axis", 3);
    std::string moved = graph.node("Transpose", name + "/Transpose", {taken});
    graph.with("perm", order);
    return moved;
  };
  const std::string q = part("/q", 0, {0, 2, 1, 3}), k = part("/k", 1, {0, 2, 3, 1});
  const std::string v = part("/v", 2, {0, 2, 1, 3});
  const std::string scores = graph.node("MatMul", "/scores/MatMul", {q, k});
  const std::string mixed =
      graph.node("MatMul", "/mix/MatMul", {graph.node("Softmax", "/Softmax", {scores}), v});
  const std::string back = graph.node("Transpose", "/back/Transpose", {mixed});
  graph.with("perm", Dims{0, 2, 1, 3});
  const std::string joined =
      graph.node("Reshape", "/back/Reshape", {back, graph.integers("joined", {1, 5, 12})});
  graph.output(add_linear(graph, "/out", joined, 12, 4));
  const ImportedNetwork imported = import(graph);
  REQUIRE(imported.notes.empty());
  REQUIRE(described_without_pacts(imported.network) ==
          Lines{"qkv.0 linearb(input) 5x1x12", "qkv.1 linearb(input) 5x1x12",
                "qkv.2 linearb(input) 5x1x12", "scores matmulh2T(qkv.0,qkv.1) 5x2x5",
                "Softmax softmax(scores) 5x2x5", "mix matmulh2(Softmax,qkv.2) 5x1x12",
                "out linearb(mix) 5x1x4"});
}

TEST_CASE("operands that walk through samples and heads in different orders are no attention") {
  OnnxGraph graph;
  graph.input("x", {2, 5, 8});
  const std::string split =
      graph.node("Reshape", "/Reshape", {"x", graph.integers("split", {2, 5, 2, 4})});
  const std::string q = graph.node("Transpose", "/q", {split});
  graph.with("perm", Dims{0, 2, 1, 3});
  const std::string k = graph.node("Transpose", "/k", {split});
  graph.with("perm", Dims{2, 0, 3, 1});  // heads first: the sizes fit by chance
  graph.output(graph.node("MatMul", "/MatMul", {q, k}));
  REQUIRE(import(graph).notes.size() == 1);
}

TEST_CASE("the arithmetic of a norm whose mean is needed besides is no layer norm") {
  OnnxGraph graph;
  graph.input("x", {1, 4, 8});
  const std::string normal = add_layer_norm(graph, "/norm", "x", 8);
  graph.output(graph.node("Add", "/Add", {normal, "/norm/ReduceMean_output_0"}));
  for (const Layer& layer : import(graph).network.layers) {
    REQUIRE(layer.kind != LayerKind::layer_norm);
  }
}

TEST_CASE("ViT: patches become a sequence, the class token and the table one layer") {
  OnnxGraph graph(17);
  graph.input("image", {1, 3, 8, 8});
  graph.weights("patch.weight", {6, 3, 4, 4});
  graph.weights("patch.bias", {6});
  const std::string patches =
      graph.node("Conv", "/patch/Conv", {"image", "patch.weight", "patch.bias"});
  graph.with("strides", Dims{4, 4});
  const std::string flat =
      graph.node("Reshape", "/Reshape", {patches, graph.integers("flat", {1, 6, 4})});
  const std::string tokens = graph.node("Transpose", "/Transpose", {flat});
  graph.with("perm", Dims{0, 2, 1});
  const std::string all =
      graph.node("Concat", "/Concat", {graph.weights("class", {1, 1, 6}), tokens});
  graph.with("axis", 1);
  const std::string placed = graph.node("Add", "/Add", {all, graph.weights("places", {1, 5, 6})});
  const std::string normal =
      graph.node("LayerNormalization", "/norm/LayerNormalization",
                 {placed, graph.weights("scale", {6}), graph.weights("shift", {6})});
  const std::string first = graph.node("Slice", "/Slice",
                                       {normal, graph.integers("from", {0}),
                                        graph.integers("to", {1}), graph.integers("axis", {1})});
  const std::string vector = graph.node("Squeeze", "/Squeeze", {first, graph.integers("one", {1})});
  graph.weights("fc.weight", {6, 7});
  graph.weights("fc.bias", {7});
  graph.output(graph.node("Gemm", "/fc/Gemm", {vector, "fc.weight", "fc.bias"}));
  const ImportedNetwork imported = import(graph);
  REQUIRE(imported.notes.empty());
  REQUIRE(described_without_pacts(imported.network) ==
          Lines{"patch conv4/4b(input) 2x2x6", "Reshape.in reshape(patch) 4x1x6",
                "Concat position_embedding5+1(Reshape.in) 5x1x6", "norm layer_norm(Concat) 5x1x6",
                "Slice select_token(norm) 1x1x6", "fc linearb(Slice) 1x1x7"});
  REQUIRE(parameters(imported.network) == 6 * 48 + 6 + 6 * 6 + 12 + 49);
}

TEST_CASE("inputs beside the first are constants, but segments are looked up for each token") {
  OnnxGraph graph;
  graph.input("ids", {1, 4}, onnx::TensorProto::INT64);
  graph.input("segments", {1, 4}, onnx::TensorProto::INT64);
  graph.input("mask", {1, 4});
  graph.weights("words", {30, 8});
  graph.weights("kinds", {2, 8});
  const std::string words = graph.node("Gather", "/words/Gather", {"words", "ids"});
  const std::string kinds = graph.node("Gather", "/kinds/Gather", {"kinds", "segments"});
  const std::string sum = graph.node("Add", "/Add", {words, kinds});
  const std::string seen =
      graph.node("Unsqueeze", "/Unsqueeze", {"mask", graph.integers("two", {2})});
  graph.output(graph.node("Mul", "/Mul", {sum, seen}));
  const ImportedNetwork imported = import(graph);
  REQUIRE(described(imported.network) == Lines{"words embedding30(input) 4x1x8",
                                               "kinds embedding2(input) 4x1x8",
                                               "Add add(words,kinds) 4x1x8"});
  REQUIRE(imported.notes.size() == 2);
  REQUIRE(imported.notes.front() ==
          "net.onnx: input segments: taken for a constant, the network reads ids");
}

TEST_CASE("a product of activations that is no attention is named") {
  OnnxGraph graph;
  graph.input("x", {1, 4, 4});
  const std::string y = graph.node("Relu", "/Relu", {"x"});
  const std::string turned = graph.node("Transpose", "/Transpose", {y});
  graph.with("perm", Dims{0, 2, 1});
  graph.output(graph.node("MatMul", "/MatMul", {turned, y}));  // C x C: channels against channels
  const ImportedNetwork imported = import(graph);
  REQUIRE(imported.notes.size() == 1);
  REQUIRE(described(imported.network) ==
          Lines{"Relu relu(input) 4x1x4", "MatMul traffic(Relu,Relu) 4x1x4"});
}

}  // namespace nibble
