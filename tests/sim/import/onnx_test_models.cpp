#include "onnx_test_models.h"

namespace nibble {

std::string add_conv_norm(OnnxGraph& graph, const std::string& path, const std::string& input,
                          std::int64_t in, std::int64_t out, std::int64_t kernel,
                          std::int64_t stride, std::int64_t groups) {
  const std::int64_t padding = kernel / 2;
  graph.weights(path + ".weight", {out, in / groups, kernel, kernel});
  const std::string conv = graph.node("Conv", path + "/Conv", {input, path + ".weight"});
  graph.with("kernel_shape", Dims{kernel, kernel})
      .with("strides", Dims{stride, stride})
      .with("pads", Dims{padding, padding, padding, padding})
      .with("dilations", Dims{1, 1})
      .with("group", groups);
  std::vector<std::string> inputs = {conv};
  for (const char* name : {".scale", ".shift", ".mean", ".var"}) {
    inputs.push_back(graph.weights(path + name, {out}));
  }
  return graph.node("BatchNormalization", path + "_bn/BatchNormalization", inputs);
}

std::string add_linear(OnnxGraph& graph, const std::string& path, const std::string& input,
                       std::int64_t in, std::int64_t out) {
  graph.weights(path + ".weight", {in, out});
  graph.weights(path + ".bias", {out});
  const std::string product = graph.node("MatMul", path + "/MatMul", {input, path + ".weight"});
  return graph.node("Add", path + "/Add", {path + ".bias", product});
}

std::string add_layer_norm(OnnxGraph& graph, const std::string& path, const std::string& input,
                           std::int64_t channels) {
  const std::string mean = graph.node("ReduceMean", path + "/ReduceMean", {input});
  graph.with("axes", Dims{-1});
  const std::string centred = graph.node("Sub", path + "/Sub", {input, mean});
  const std::string two = graph.scalar(path + ".two", 2.0F);
  const std::string squared = graph.node("Pow", path + "/Pow", {centred, two});
  const std::string variance = graph.node("ReduceMean", path + "/ReduceMean_1", {squared});
  graph.with("axes", Dims{-1});
  const std::string epsilon = graph.scalar(path + ".epsilon", 1e-5F);
  const std::string safe = graph.node("Add", path + "/Add", {variance, epsilon});
  const std::string root = graph.node("Sqrt", path + "/Sqrt", {safe});
  const std::string normal = graph.node("Div", path + "/Div", {centred, root});
  const std::string scale = graph.weights(path + ".weight", {channels});
  const std::string scaled = graph.node("Mul", path + "/Mul", {normal, scale});
  return graph.node("Add", path + "/Add_1", {scaled, graph.weights(path + ".bias", {channels})});
}

std::string add_gelu(OnnxGraph& graph, const std::string& path, const std::string& input) {
  const std::string scaled =
      graph.node("Div", path + "/Div", {input, graph.scalar(path + ".root", 1.414F)});
  const std::string erf = graph.node("Erf", path + "/Erf", {scaled});
  const std::string sum = graph.node("Add", path + "/Add", {erf, graph.scalar(path + ".one", 1)});
  const std::string product = graph.node("Mul", path + "/Mul", {input, sum});
  return graph.node("Mul", path + "/Mul_1", {product, graph.scalar(path + ".half", 0.5F)});
}

std::string add_attention(OnnxGraph& graph, const std::string& path, const std::string& q,
                          const std::string& k, const std::string& v, const Dims& shape,
                          std::int64_t heads) {
  const std::int64_t batch = shape[0], tokens = shape[1], channels = shape[2];
  const std::string split =
      graph.integers(path + ".split", {batch, tokens, heads, channels / heads});
  const auto head_first = [&](const std::string& tensor, const char* suffix, const Dims& order) {
    const std::string parts = graph.node("Reshape", path + "/Reshape_" + suffix, {tensor, split});
    std::string moved = graph.node("Transpose", path + "/Transpose_" + suffix, {parts});
    graph.with("perm", order);
    return moved;
  };
  const std::string queries = head_first(q, "q", {0, 2, 1, 3});
  const std::string keys = head_first(k, "k", {0, 2, 3, 1});
  const std::string values = head_first(v, "v", {0, 2, 1, 3});
  const std::string scores = graph.node("MatMul", path + "/scores/MatMul", {queries, keys});
  const std::string scaled =
      graph.node("Div", path + "/Div", {scores, graph.scalar(path + ".root", 2.0F)});
  const std::string weights = graph.node("Softmax", path + "/Softmax", {scaled});
  graph.with("axis", 3);
  const std::string mixed = graph.node("MatMul", path + "/mix/MatMul", {weights, values});
  const std::string back = graph.node("Transpose", path + "/Transpose_back", {mixed});
  graph.with("perm", Dims{0, 2, 1, 3});
  const std::string joined = graph.integers(path + ".joined", {batch, tokens, channels});
  return graph.node("Reshape", path + "/Reshape_back", {back, joined});
}

OnnxGraph resnet_block(std::int64_t batch) {
  OnnxGraph graph;
  graph.input("image", {batch, 3, 16, 16});
  const std::string stem = add_conv_norm(graph, "/conv1", "image", 3, 8, 3, 1);
  const std::string start = graph.node("Relu", "/relu/Relu", {stem});
  const std::string first = add_conv_norm(graph, "/layer1/layer1.0/conv1", start, 8, 16, 3, 2);
  const std::string active = graph.node("Relu", "/layer1/layer1.0/relu/Relu", {first});
  const std::string second = add_conv_norm(graph, "/layer1/layer1.0/conv2", active, 16, 16, 3, 1);
  const std::string side = add_conv_norm(graph, "/layer1/layer1.0/down", start, 8, 16, 1, 2);
  const std::string sum = graph.node("Add", "/layer1/layer1.0/Add", {second, side});
  const std::string end = graph.node("Relu", "/layer1/layer1.0/relu_1/Relu", {sum});
  const std::string pooled = graph.node("GlobalAveragePool", "/avgpool/GlobalAveragePool", {end});
  const std::string flat = graph.node("Flatten", "/Flatten", {pooled});
  graph.with("axis", 1);
  graph.weights("fc.weight", {10, 16});
  graph.weights("fc.bias", {10});
  const std::string logits = graph.node("Gemm", "/fc/Gemm", {flat, "fc.weight", "fc.bias"});
  graph.with("transB", 1);
  graph.output(logits);
  return graph;
}

OnnxGraph bert_block(std::int64_t batch) {
  constexpr std::int64_t kTokens = 6, kChannels = 8;
  OnnxGraph graph;
  graph.input("ids", {batch, kTokens}, onnx::TensorProto::INT64);
  graph.weights("words", {50, kChannels});
  graph.weights("places", {9, kChannels});
  const std::string words = graph.node("Gather", "/words/Gather", {"words", "ids"});
  const std::string order = graph.integers("order", {0, 1, 2, 3, 4, 5});
  const std::string places = graph.node("Gather", "/places/Gather", {"places", order});
  const std::string embedded = graph.node("Add", "/Add", {words, places});
  const std::string x = add_layer_norm(graph, "/norm", embedded, kChannels);
  const std::string q = add_linear(graph, "/q", x, kChannels, kChannels);
  const std::string k = add_linear(graph, "/k", x, kChannels, kChannels);
  const std::string v = add_linear(graph, "/v", x, kChannels, kChannels);
  const std::string mixed =
      add_attention(graph, "/attention", q, k, v, {batch, kTokens, kChannels}, 2);
  const std::string out = add_linear(graph, "/out", mixed, kChannels, kChannels);
  const std::string sum = graph.node("Add", "/residual/Add", {out, x});
  const std::string middle = add_layer_norm(graph, "/norm1", sum, kChannels);
  const std::string wide = add_linear(graph, "/up", middle, kChannels, 32);
  const std::string narrow =
      add_linear(graph, "/down", add_gelu(graph, "/act", wide), 32, kChannels);
  const std::string last = add_layer_norm(
      graph, "/norm2", graph.node("Add", "/residual_1/Add", {narrow, middle}), kChannels);
  const std::string index = graph.index("index", 0);
  const std::string squeezed = graph.node("Gather", "/Gather", {last, index});
  graph.with("axis", 1);
  const std::string pooled = graph.node(
      "Tanh", "/pool/Tanh", {add_linear(graph, "/pool", squeezed, kChannels, kChannels)});
  graph.output(add_linear(graph, "/classes", pooled, kChannels, 3));
  return graph;
}

OnnxGraph language_model(std::int64_t batch) {
  constexpr std::int64_t kTokens = 7, kFeatures = 5, kHidden = 4;
  OnnxGraph graph;
  graph.input("ids", {kTokens, batch}, onnx::TensorProto::INT64);
  graph.weights("words", {20, kFeatures});
  const std::string words = graph.node("Gather", "/words/Gather", {"words", "ids"});
  graph.weights("lstm.w", {2, 4 * kHidden, kFeatures});
  graph.weights("lstm.r", {2, 4 * kHidden, kHidden});
  graph.weights("lstm.b", {2, 8 * kHidden});
  graph.weights("lstm.state", {2, batch, kHidden});
  const std::string all = graph.node(
      "LSTM", "/lstm/LSTM", {words, "lstm.w", "lstm.r", "lstm.b", "", "lstm.state", "lstm.state"});
  graph.with("hidden_size", kHidden).with("direction", std::string("bidirectional"));
  graph.also("/lstm/LSTM_output_1");
  graph.also("/lstm/LSTM_output_2");
  const std::string moved = graph.node("Transpose", "/lstm/Transpose", {all});
  graph.with("perm", Dims{0, 2, 1, 3});
  const std::string shape = graph.integers("joined", {kTokens, batch, 2 * kHidden});
  const std::string joined = graph.node("Reshape", "/lstm/Reshape", {moved, shape});
  graph.output(add_linear(graph, "/classes", joined, 2 * kHidden, 20));
  return graph;
}

}  // namespace nibble
