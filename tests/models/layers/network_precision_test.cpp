// Which precisions a layer can have, and what is computed with values at all.
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/layers/network.h"
#include "models/layers/network_weights.h"
#include "tests/models/layers/small_network.h"
#include "tests/models/layers/tiny_networks.h"

namespace nibble {
namespace {

using Catch::Contains;
using test::layer;
using test::linear;
using test::refusal;

TEST_CASE("A 4-bit layer reads pact, pact_signed or the input with all it multiplies") {
  const auto fault = [](LayerPrecision precision, LayerKind before) {
    std::vector<Layer> layers = {layer("before", before, {-1}), linear("fc", 0, 1, true)};
    layers[1].precision = precision;
    return refusal({1, 1, 5}, layers);
  };
  using P = LayerPrecision;
  for (const P precision :
       {P::int4_fp4, P::int4_fp8, P::int4_fp16, P::int4_fp4_dw_fp8, P::int4_fp8_dw_fp4}) {
    CHECK(fault(precision, LayerKind::pact).empty());
    CHECK(fault(precision, LayerKind::pact_signed).empty());
    CHECK_THAT(fault(precision, LayerKind::relu), Contains("layer fc: is int4_f"));
    CHECK_THAT(fault(precision, LayerKind::reshape), Contains("layer before"));  // has no shape
  }
  CHECK(fault(P::fp8, LayerKind::relu).empty());
  CHECK(fault(P::fp16, LayerKind::relu).empty());

  std::vector<Layer> layers = {linear("fc", -1, 1, true)};
  layers[0].precision = P::int4_fp4;
  CHECK(refusal({1, 1, 5}, layers).empty());  // the network's input

  layers = {layer("a", LayerKind::pact_signed, {-1}), layer("b", LayerKind::relu, {-1}),
            layer("scores", LayerKind::matmul, {0, 1})};
  layers[2].transpose_b = true;
  layers[2].precision = P::int4_fp8;
  CHECK_THAT(refusal({1, 1, 5}, layers), Contains("layer scores: is int4_fp8 but does not read"));
  layers[2].inputs = {1, 0};
  CHECK_THAT(refusal({1, 1, 5}, layers), Contains("layer scores: is int4_fp8 but does not read"));
  layers[2].inputs = {0, 0};
  CHECK(refusal({1, 1, 5}, layers).empty());
}

TEST_CASE("What only the timing engine knows has no values") {
  CHECK_NOTHROW(check_values(test::small_network()));
  const auto fault = [](auto change) {
    Network network = test::small_network();
    change(network.layers);
    infer_shapes(network);
    CHECK_THROWS_AS(check_weights(network, NetworkWeights{}), std::invalid_argument);
    try {
      check_values(network);
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  using Layers = std::vector<Layer>;
  const std::string end = " is not computed with values, allowed is the engine timing";
  CHECK(fault([](Layers& all) { all[9].kind = LayerKind::avg_pool; }) ==
        "layer relu: type avg_pool" + end);
  CHECK(fault([](Layers& all) { all[3].bias = true; }) ==
        "layer conv2: a convolution's bias" + end);
  CHECK(fault([](Layers& all) { all[12].tied = true; }) ==
        "layer fc: a layer with tied weights" + end);
  CHECK(fault([](Layers& all) { all[10].ceil_mode = true; }) ==
        "layer largest: a pool with ceil" + end);
  CHECK(fault([](Layers& all) { all[0].precision = LayerPrecision::int4_fp4; }) ==
        "layer conv1: a 4-bit layer that reads no pact layer" + end);
}

}  // namespace
}  // namespace nibble
