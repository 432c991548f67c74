// Shapes, lowered GEMMs, MACs and parameters of every kind of layer, each by a formula or a loop
// written for this test.
#include <cstdint>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/layers/network.h"
#include "tests/models/layers/small_network.h"
#include "tests/models/layers/tiny_networks.h"

namespace nibble {
namespace {

using Catch::Contains;
using test::inferred;
using test::layer;
using test::linear;
using test::network_of;
using test::refusal;

void check_shape(const FeatureShape& shape, std::int64_t h, std::int64_t w, std::int64_t c) {
  CHECK(shape.h == h);
  CHECK(shape.w == w);
  CHECK(shape.c == c);
}

TEST_CASE("A convolution in groups has the MACs and weights of its groups") {
  Layer at = test::conv("c", {-1}, 12, 3, 2, LayerPrecision::fp16);
  at.groups = 4;
  at.bias = true;
  at = inferred({9, 7, 8}, {at}, 12);
  check_shape(at.output_shape, 5, 4, 12);
  CHECK(conv_shape(at, 3).groups == 4);
  CHECK(forward_macs(at) == 5 * 4 * 12 * 9 * 2);
  CHECK(parameters(at) == 12 * 9 * 2 + 12);
  at.groups = 3;
  CHECK_THAT(refusal({9, 7, 8}, {at}),
             Contains("layer c: 3 groups do not divide 8 input channels"));
  at.groups = 8;
  CHECK_THAT(refusal({9, 7, 8}, {at}), Contains("layer c: 8 groups do not divide 12 filters"));
  at.groups = 0;
  CHECK_THAT(refusal({9, 7, 8}, {at}), Contains("layer c: groups must be at least 1"));
}

TEST_CASE("A linear layer takes a sample whole or each of its positions") {
  Layer whole = inferred({3, 2, 5}, {linear("fc", -1, 7, true)}, 7);
  check_shape(whole.output_shape, 1, 1, 7);
  CHECK(forward_macs(whole) == 30 * 7);
  CHECK(parameters(whole) == 30 * 7);
  whole.bias = true;
  CHECK(parameters(whole) == 30 * 7 + 7);
  whole.tied = true;
  CHECK(parameters(whole) == 7);
  const Layer each = inferred({3, 2, 5}, {linear("fc", -1, 7, false)}, 7);
  check_shape(each.output_shape, 3, 2, 7);
  const ConvShape shape = conv_shape(each, 4);
  CHECK(shape.n == 4 * 6);
  CHECK(shape.c == 5);
  CHECK(shape.k == 7);
  CHECK(forward_macs(each) == 6 * 5 * 7);
  CHECK(parameters(each) == 5 * 7);
}

/// PyTorch's rule, by trying every window: it starts before the image ends, and without ceil it
/// ends inside the padding.
std::int64_t pooled(std::int64_t size, const Layer& at) {
  std::int64_t windows = 0;
  for (std::int64_t start = -at.padding;; start += at.stride) {
    const bool whole = start + at.kernel <= size + at.padding;
    // The last window of ceil mode reaches at least one step beyond the one before it.
    const bool hangs =
        at.ceil_mode && start < size && start - at.stride + at.kernel < size + at.padding;
    if (!whole && !hangs) return windows;
    ++windows;
  }
}

TEST_CASE("A pool's windows follow padding and ceil as PyTorch's do") {
  for (const LayerKind kind : {LayerKind::max_pool, LayerKind::avg_pool}) {
    for (const bool ceil : {false, true}) {
      for (std::int64_t kernel = 1; kernel <= 5; ++kernel) {
        for (std::int64_t stride = 1; stride <= 6; ++stride) {
          for (std::int64_t padding = 0; padding <= kernel / 2; ++padding) {
            for (std::int64_t size = kernel; size <= 20; ++size) {
              Layer at = layer("p", kind, {-1});
              at.kernel = kernel;
              at.stride = stride;
              at.padding = padding;
              at.ceil_mode = ceil;
              const std::int64_t expected = pooled(size, at);
              at = inferred({size, size + 1, 3}, {at}, 3);
              REQUIRE(at.output_shape.h == expected);
              REQUIRE(at.output_shape.w == pooled(size + 1, at));
            }
          }
        }
      }
    }
  }
  Layer at = layer("p", LayerKind::max_pool, {-1});
  at.kernel = at.stride = 3;
  at.padding = 2;
  CHECK_THAT(refusal({9, 9, 1}, {at}),
             Contains("layer p: padding 2 is more than half of kernel 3"));
}

TEST_CASE("Attention's products have the GEMMs of each head") {
  // 6 queries and 4 keys of 10 channels in 5 heads: scores [6,5,4], context [6,1,10].
  std::vector<Layer> layers = {linear("q", -1, 10, false), linear("narrow", -1, 2, false)};
  Layer keys = layer("k", LayerKind::reshape, {1});  // 4 tokens of 3 channels
  keys.output_shape = {4, 1, 3};
  layers.push_back(keys);
  layers.push_back(linear("k10", 2, 10, false));
  Layer scores = layer("scores", LayerKind::matmul, {0, 3});
  scores.heads = 5;
  scores.transpose_b = true;
  layers.push_back(scores);
  layers.push_back(layer("softmax", LayerKind::softmax, {4}));
  Layer context = layer("context", LayerKind::matmul, {5, 3});
  context.heads = 5;
  layers.push_back(context);
  Network network = network_of({6, 1, 7}, layers, 10);
  infer_shapes(network);
  const Layer &first = network.layers[4], &second = network.layers[6];
  check_shape(first.output_shape, 6, 5, 4);
  check_shape(network.layers[5].output_shape, 6, 5, 4);
  check_shape(second.output_shape, 6, 1, 10);
  // A head multiplies [6,2] x [2,4], then [6,4] x [4,2].
  CHECK(forward_macs(first) == 5 * 6 * 2 * 4);
  CHECK(forward_macs(second) == 5 * 6 * 4 * 2);
  CHECK(parameters(first) == 0);
  const auto check_gemm = [](const ConvShape& conv, GemmShape expected, std::int64_t groups) {
    const std::vector<LoweredGemm> gemms = lower_conv(conv, GemmPass::forward);
    REQUIRE(gemms.size() == 1);
    CHECK(conv.groups == groups);
    CHECK(gemms[0].shape.m == expected.m);
    CHECK(gemms[0].shape.n == expected.n);
    CHECK(gemms[0].shape.k == expected.k);
  };
  check_gemm(conv_shape(first, 3), {6, 4, 2}, 15);
  check_gemm(conv_shape(second, 3), {6, 2, 4}, 15);

  const auto refused = [&](auto change) {
    std::vector<Layer> changed = layers;
    change(changed);
    changed.push_back(layer("end", LayerKind::global_avg_pool, {6}));
    return refusal({6, 1, 7}, changed);
  };
  CHECK_THAT(refused([](auto& all) { all[4].heads = 3; }),
             Contains("layer scores: 3 heads do not divide 10 channels"));
  CHECK_THAT(refused([](auto& all) { all[0].filters = 5; }),
             Contains("layer scores: multiplies shapes 6x1x5 and 4x1x10 in 5 heads, the second "
                      "transposed"));
  CHECK_THAT(refused([](auto& all) { all[6].heads = 2; }),
             Contains("layer context: multiplies shapes 6x5x4 and 4x1x10 in 2 heads"));
  CHECK_THAT(refused([](auto& all) {
               all[6].inputs = {5, 0};
             }),
             Contains("layer context: multiplies shapes 6x5x4 and 6x1x10"));
  CHECK_THAT(refused([](auto& all) { all[6].inputs = {5, 4}; }), Contains("layer context: "));
  CHECK_THAT(refused([](auto& all) { all[6].inputs = {5}; }),
             Contains("layer context: has 1 inputs instead of 2"));
}

TEST_CASE("An LSTM has four gates a direction that read input and state") {
  Layer at = layer("lstm", LayerKind::lstm, {-1});
  at.filters = 7;
  at = inferred({5, 1, 3}, {at}, 7);
  check_shape(at.output_shape, 5, 1, 7);
  CHECK(forward_macs(at) == 5 * 4 * 7 * (3 + 7));
  CHECK(parameters(at) == 4 * 7 * (3 + 7) + 8 * 7);
  at.bidirectional = true;
  at = inferred({5, 1, 3}, {at}, 14);
  check_shape(at.output_shape, 5, 1, 14);
  CHECK(forward_macs(at) == 2 * 5 * 4 * 7 * (3 + 7));
  CHECK(parameters(at) == 2 * (4 * 7 * (3 + 7) + 8 * 7));
  CHECK_THROWS_WITH(conv_shape(at, 1), Contains("layer lstm: has no convolution"));
  CHECK_THAT(refusal({5, 2, 3}, {at}),
             Contains("layer lstm: reads 5x2x3 where a sequence Tx1xC is needed"));
}

TEST_CASE("Embeddings and positions have a row of their table a token") {
  Layer words = layer("words", LayerKind::embedding, {-1});
  words.table_rows = 100;
  words.filters = 6;
  words.lookups = 2;
  Layer at = inferred({4, 1, 1}, {words}, 6);
  check_shape(at.output_shape, 4, 1, 6);
  CHECK(parameters(at) == 600);
  CHECK(forward_macs(at) == 0);
  at.tied = true;
  CHECK(parameters(at) == 0);
  CHECK_THAT(refusal({4, 1, 2}, {words}),
             Contains("layer words: reads 4x1x2 where token ids HxWx1 are needed"));

  Layer positions = layer("positions", LayerKind::position_embedding, {0});
  positions.extra_tokens = 1;
  positions.table_rows = 9;
  at = inferred({4, 1, 1}, {words, positions}, 6);
  check_shape(at.output_shape, 5, 1, 6);
  CHECK(parameters(at) == 9 * 6 + 6);
  positions.table_rows = 0;  // fixed
  CHECK(parameters(inferred({4, 1, 1}, {words, positions}, 6)) == 6);
  positions.table_rows = 4;
  CHECK_THAT(refusal({4, 1, 1}, {words, positions}),
             Contains("layer positions: has 4 rows for 5 positions"));

  at = inferred({4, 1, 1}, {words, layer("token", LayerKind::select_token, {0})}, 6);
  check_shape(at.output_shape, 1, 1, 6);
}

TEST_CASE("Layers without a GEMM pass shapes on and count their norms' parameters") {
  for (const LayerKind kind : {LayerKind::pact, LayerKind::pact_signed, LayerKind::relu,
                               LayerKind::gelu, LayerKind::softmax, LayerKind::layer_norm}) {
    const Layer at = inferred({3, 2, 5}, {layer("x", kind, {-1})}, 5);
    check_shape(at.output_shape, 3, 2, 5);
    CHECK(parameters(at) == (kind == LayerKind::layer_norm ? 10 : 0));
    CHECK(forward_macs(at) == 0);
  }
  const Layer joined = inferred(
      {3, 2, 5}, {linear("a", -1, 4, false), layer("x", LayerKind::concat, {-1, 0, -1})}, 14);
  check_shape(joined.output_shape, 3, 2, 14);
  CHECK_THAT(refusal({3, 2, 5}, {linear("a", -1, 4, true), layer("x", LayerKind::concat, {-1, 0})}),
             Contains("layer x: joins shapes 3x2x5 and 1x1x4"));
  CHECK_THAT(refusal({3, 2, 5}, {layer("x", LayerKind::concat, {-1})}),
             Contains("layer x: has 1 inputs instead of 2 or more"));
  CHECK_THAT(
      refusal({3, 2, 5}, {linear("a", -1, 4, false), layer("x", LayerKind::multiply, {-1, 0})}),
      Contains("layer x: multiplies shapes 3x2x5 and 3x2x4"));
}

TEST_CASE("Reshape keeps its elements, traffic writes what it is told") {
  Layer at = layer("x", LayerKind::reshape, {-1});
  at.output_shape = {6, 1, 5};
  check_shape(inferred({3, 2, 5}, {at}, 5).output_shape, 6, 1, 5);
  at.output_shape = {6, 1, 4};
  CHECK_THAT(refusal({3, 2, 5}, {at}), Contains("layer x: makes 6x1x4 of 3x2x5"));
  at.output_shape = {};
  CHECK_THAT(refusal({3, 2, 5}, {at}), Contains("layer x: has no output shape"));
  at.kind = LayerKind::traffic;
  at.inputs = {-1, -1, -1};
  at.output_shape = {1, 9, 8};
  check_shape(inferred({3, 2, 5}, {at}, 8).output_shape, 1, 9, 8);
}

TEST_CASE("The classes are the last layer's elements, or its channels a token") {
  CHECK_NOTHROW(inferred({3, 2, 5}, {linear("fc", -1, 7, false)}, 7));
  CHECK_THROWS_WITH(inferred({3, 2, 5}, {linear("fc", -1, 7, false)}, 42),
                    Contains("layer fc: yields 3x2x7 where the network has 42 classes"));
}

TEST_CASE("A network's totals are the sums of its layers'") {
  const Network network = test::small_network();
  // conv1, conv2, shortcut, conv3 and fc of small_network.h, batch norms of 4 and 6 channels.
  CHECK(forward_macs(network) == 64 * 4 * 9 + 16 * 6 * 9 * 4 + 16 * 6 * 4 + 16 * 5 * 9 * 6 + 5 * 3);
  CHECK(parameters(network) == 36 + 216 + 24 + 270 + 15 + 3 + 8 + 12);
}

}  // namespace
}  // namespace nibble
