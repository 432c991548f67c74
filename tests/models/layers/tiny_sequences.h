// An LSTM and a Transformer small enough to train in a test: 6 tokens of 7 a sequence.
#pragma once

#include "tests/models/layers/tiny_networks.h"

namespace nibble::test {

constexpr std::int64_t kTinyTokens = 6, kTinyRows = 7;

/// Appends layers that read the one before unless they are given others.
class SequenceBuilder {
 public:
  explicit SequenceBuilder(std::int64_t features) {
    Layer& table = add("embedding", LayerKind::embedding);
    table.table_rows = kTinyRows;
    table.filters = features;
  }

  Layer& add(const std::string& name, LayerKind kind, std::vector<int> inputs = {}) {
    if (inputs.empty()) inputs = {last()};
    layers_.push_back(layer(name, kind, std::move(inputs)));
    return layers_.back();
  }
  /// The index of the layer.
  int linear(const std::string& name, std::int64_t filters, LayerPrecision precision, int input) {
    Layer& made = add(name, LayerKind::linear, {input});
    made.filters = filters;
    made.flatten = false;
    made.bias = true;
    made.precision = precision;
    return last();
  }
  int clip(const std::string& name) {
    add(name, LayerKind::pact_signed);
    return last();
  }
  [[nodiscard]] int last() const { return static_cast<int>(layers_.size()) - 1; }
  [[nodiscard]] Network network() {
    Network result = network_of({kTinyTokens, 1, 1}, std::move(layers_), kTinyRows);
    infer_shapes(result);
    return result;
  }

 private:
  std::vector<Layer> layers_;
};

inline Network tiny_lstm(LayerPrecision precision) {
  SequenceBuilder build(10);
  for (const std::string name : {"lstm1", "lstm2"}) {
    build.clip(name + ".in");
    Layer& made = build.add(name, LayerKind::lstm);
    made.filters = 12;
    made.precision = precision;
  }
  build.linear("output", kTinyRows, LayerPrecision::fp16, build.clip("output.in"));
  return build.network();
}

inline Network tiny_transformer(LayerPrecision precision) {
  SequenceBuilder build(16);
  build.add("positions", LayerKind::position_embedding).table_rows = kTinyTokens;
  const int embedded = build.last();
  build.add("norm1", LayerKind::layer_norm);
  const int in = build.clip("in");
  std::vector<int> projections;
  for (const std::string name : {"q", "k", "v"}) {
    build.linear(name, 16, precision, in);
    projections.push_back(build.clip(name + ".act"));
  }
  Layer& scores = build.add("scores", LayerKind::matmul, {projections[0], projections[1]});
  scores.heads = 2;
  scores.transpose_b = true;
  scores.precision = precision;
  build.add("softmax", LayerKind::softmax).causal = true;
  build.add("softmax.act", LayerKind::pact);
  Layer& context = build.add("context", LayerKind::matmul, {build.last(), projections[2]});
  context.heads = 2;
  context.precision = precision;
  const int out = build.linear("out", 16, precision, build.clip("context.act"));
  build.add("add1", LayerKind::add, {out, embedded});
  const int sum = build.last();
  build.add("norm2", LayerKind::layer_norm);
  build.linear("fc1", 24, precision, build.clip("fc1.in"));
  build.add("gelu", LayerKind::gelu);
  const int fc2 = build.linear("fc2", 16, precision, build.clip("gelu.act"));
  build.add("add2", LayerKind::add, {fc2, sum});
  build.add("norm3", LayerKind::layer_norm);
  build.linear("output", kTinyRows, LayerPrecision::fp16, build.clip("output.in"));
  return build.network();
}

}  // namespace nibble::test
