#include "models/trace/weights_file.h"

#include <catch2/catch.hpp>

#include "models/layers/inference.h"
#include "models/trace/trace_error.h"
#include "tests/models/layers/tiny_sequences.h"
#include "tests/models/trace/file_bytes.h"

namespace nibble {
namespace {

using nlohmann::json;

TEST_CASE("Weights come back from their bytes and infer the same logits") {
  const Network network = test::small_network();
  NetworkWeights weights = test::random_weights(network, 3);
  weights.accuracy.fp32 = 91.25;
  weights.recipe = "mine";
  const std::string bytes = weights_bytes(network, weights);
  const NetworkWeights read = parse_weights("w", bytes, network);
  CHECK(weights_bytes(network, read) == bytes);
  CHECK(read.accuracy.fp32 == 91.25);
  CHECK(read.recipe == "mine");
  std::mt19937_64 random(4);
  const auto images = test::to_fp16(test::random_floats(random, 2 * 64, -1, 2));
  CHECK(InferenceNetwork(network, read).logits(images.data(), 2, fast_gemm) ==
        InferenceNetwork(network, weights).logits(images.data(), 2, fast_gemm));
}

TEST_CASE("Weights of sequences come back from their bytes and infer the same logits") {
  std::vector<std::int32_t> tokens(2 * test::kTinyTokens);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    tokens[i] = static_cast<std::int32_t>(i % test::kTinyRows);
  }
  for (const LayerPrecision precision : {LayerPrecision::int4_fp4, LayerPrecision::fp16}) {
    for (const Network& network : {test::tiny_lstm(precision), test::tiny_transformer(precision)}) {
      const NetworkWeights weights = test::random_weights(network, 5);
      const std::string bytes = weights_bytes(network, weights);
      const NetworkWeights read = parse_weights("w", bytes, network);
      CHECK(weights_bytes(network, read) == bytes);
      CHECK(InferenceNetwork(network, read).logits(tokens.data(), 2, fast_gemm) ==
            InferenceNetwork(network, weights).logits(tokens.data(), 2, fast_gemm));
    }
  }
}

TEST_CASE("Weights of another network, or damaged ones, are refused with one line") {
  const Network network = test::small_network();
  const std::string bytes = weights_bytes(network, test::random_weights(network, 3));
  const auto message = [&](const test::JsonChange& change) -> std::string {
    try {
      (void)parse_weights("w", test::change_document(bytes, change), network);
    } catch (const TraceError& error) {
      return error.what();
    }
    return "accepted";
  };
  CHECK(message([](json& d) { d["network"] = "other"; }) ==
        "w: metadata: weights of network other, expected small");
  CHECK(message([](json& d) { d["layers"][0]["name"] = "conv9"; }) ==
        "w: layers[0]: layer conv9 is not in network small");
  CHECK(message([](json& d) { d["layers"][0]["name"] = "relu"; }) ==
        "w: layers[0]: layer relu has no weights");
  CHECK(message([](json& d) { d["layers"][0]["precision"] = "nibble4"; }) ==
        "w: tensor conv1.weight must have dtype U8");
  CHECK(message([](json& d) { d["layers"][3]["weight"] = "conv3.weight"; }) ==
        "w: tensor conv3.weight holds 135 bytes, wrong for 4-bit codes of shape [6,3,3,4]");
  CHECK(message([](json& d) { d["layers"][2]["alpha"] = -1; }) ==
        "w: layer act1: alpha must be a finite number above 0");
  CHECK(message([](json& d) { d["layers"][1]["scale"] = "bn2.scale"; }) ==
        "w: layer bn1: scale has 6 elements instead of 4");
  CHECK(message([](json& d) { d["layers"].erase(2); }) ==
        "w: layer act1: has no weights in its place; conv2 stands there");
  CHECK(message([](json& d) { d["layers"].back().erase("bias"); }) ==
        "w: holds 10 tensors, its layers name 9");
  CHECK(message([](json& d) {
          d["schema"] = "nibblesim-trace-1";
        }).find("expected nibblesim-weights-1") != std::string::npos);
}

}  // namespace
}  // namespace nibble
