// LSTMs as PyTorch exports them: sequence first, directions and samples behind it.
#include <catch2/catch.hpp>

#include "described_network.h"
#include "onnx_test_models.h"
#include "sim/import/onnx_importer.h"

namespace nibble {
namespace {

using Lines = std::vector<std::string>;

const Lines kLines = {"words embedding20(input) 7x1x5", "lstm lstm(words) 7x1x8",
                      "classes linearb(lstm) 7x1x20"};

ImportedNetwork import(const OnnxGraph& graph) {
  return import_onnx_bytes(graph.bytes(), "net.onnx", {});
}

}  // namespace

TEST_CASE("a bidirectional LSTM over token ids: the sequence is the first axis") {
  for (const std::int64_t batch : {1, 3}) {
    CAPTURE(batch);
    const ImportedNetwork imported = import(language_model(batch));
    REQUIRE(imported.notes.empty());
    const Network& network = imported.network;
    REQUIRE(described_without_pacts(network) == kLines);
    REQUIRE(network.layers[1].bidirectional);
    REQUIRE(network.layers[1].filters == 4);
    REQUIRE(forward_macs(network) == 7 * 2 * 4 * 4 * (5 + 4) + 7 * 8 * 20);
    REQUIRE(parameters(network) == 100 + 2 * 4 * 4 * (5 + 4 + 2) + 180);
  }
}

TEST_CASE("the last step's state feeds a classifier as one token") {
  OnnxGraph graph;
  graph.input("x", {7, 1, 5});
  graph.weights("w", {1, 16, 5});
  graph.weights("r", {1, 16, 4});
  graph.node("LSTM", "/lstm/LSTM", {"x", "w", "r"});
  graph.with("hidden_size", 4);
  const std::string state = graph.also("state");
  const std::string vector =
      graph.node("Squeeze", "/Squeeze", {state, graph.integers("first", {0})});
  graph.output(add_linear(graph, "/fc", vector, 4, 3));
  const ImportedNetwork imported = import(graph);
  REQUIRE(imported.notes.empty());
  REQUIRE(described_without_pacts(imported.network) == Lines{"lstm lstm(input) 7x1x4",
                                                             "lstm_2 select_token(lstm) 1x1x4",
                                                             "fc linearb(lstm_2) 1x1x3"});
}

TEST_CASE("recurrent layers that a network does not have are named") {
  OnnxGraph graph;
  graph.input("x", {7, 1, 5});
  graph.weights("w", {1, 12, 5});
  graph.weights("r", {1, 12, 4});
  graph.output(graph.node("GRU", "/gru", {"x", "w", "r"}));
  graph.with("hidden_size", 4);
  const ImportedNetwork imported = import(graph);
  REQUIRE(imported.notes ==
          Lines{"net.onnx: node /gru (GRU): a recurrent layer that is no LSTM, kept as traffic"});
  REQUIRE(described(imported.network) == Lines{"gru traffic(input) 7x1x4"});
}

}  // namespace nibble
