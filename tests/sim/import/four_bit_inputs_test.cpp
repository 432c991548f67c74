// Which layers get a pact in front, and of which sign.
#include "sim/import/four_bit_inputs.h"

#include <catch2/catch.hpp>

#include "described_network.h"

namespace nibble {
namespace {

using Lines = std::vector<std::string>;

class NetworkMaker {
 public:
  NetworkMaker() { network_.input = {4, 4, 4}; }

  int add(const std::string& name, LayerKind kind, std::vector<int> inputs,
          std::int64_t groups = 1) {
    Layer layer;
    layer.name = name;
    layer.kind = kind;
    layer.inputs = std::move(inputs);
    layer.filters = 4;
    layer.groups = groups;
    layer.input_shape = layer.output_shape = {4, 4, 4};
    if (kind == LayerKind::max_pool) layer.kernel = 1;
    network_.layers.push_back(layer);
    return static_cast<int>(network_.layers.size()) - 1;
  }

  /// Ends with a convolution, so that the one before is not the last.
  Network finish(LayerPrecision precision = LayerPrecision::int4_fp4) {
    add("end", LayerKind::conv, {static_cast<int>(network_.layers.size()) - 1});
    network_.classes = 4;
    choose_precisions(network_, precision);
    insert_four_bit_inputs(network_);
    infer_shapes(network_);
    return network_;
  }

 private:
  Network network_;
};

}  // namespace

TEST_CASE("a relu that a 4-bit GEMM reads becomes a pact, another stays") {
  NetworkMaker maker;
  const int conv = maker.add("conv", LayerKind::conv, {-1});
  const int read = maker.add("read", LayerKind::relu, {conv});
  const int next = maker.add("next", LayerKind::conv, {read});
  maker.add("unread", LayerKind::relu, {next});
  REQUIRE(described(maker.finish()) == Lines{"conv conv1/1(input) 4x4x4", "read pact(conv) 4x4x4",
                                             "next conv1/1(read) 4x4x4", "unread relu(next) 4x4x4",
                                             "end conv1/1(unread) 4x4x4"});
}

TEST_CASE("GEMMs that read the same share one clip, others read past it") {
  NetworkMaker maker;
  const int conv = maker.add("conv", LayerKind::conv, {-1});
  const int norm = maker.add("norm", LayerKind::layer_norm, {conv});
  const int a = maker.add("a", LayerKind::conv, {norm});
  const int b = maker.add("b", LayerKind::conv, {norm});
  const int sum = maker.add("sum", LayerKind::add, {a, b});
  maker.add("again", LayerKind::add, {sum, norm});
  REQUIRE(described(maker.finish()) ==
          Lines{"conv conv1/1(input) 4x4x4", "norm layer_norm(conv) 4x4x4",
                "norm.act pact_signed(norm) 4x4x4", "a conv1/1(norm.act) 4x4x4",
                "b conv1/1(norm.act) 4x4x4", "sum add(a,b) 4x4x4", "again add(sum,norm) 4x4x4",
                "end conv1/1(again) 4x4x4"});
}

TEST_CASE("what is never negative keeps its sign through pools, sums and joins") {
  NetworkMaker maker;
  const int conv = maker.add("conv", LayerKind::conv, {-1});
  const int relu = maker.add("relu", LayerKind::relu, {conv});
  const int pool = maker.add("pool", LayerKind::max_pool, {relu});
  const int sum = maker.add("sum", LayerKind::add, {pool, relu});
  const int next = maker.add("next", LayerKind::conv, {sum});
  const int mixed = maker.add("mixed", LayerKind::add, {next, relu});
  maker.add("last", LayerKind::conv, {mixed});
  const Network network = maker.finish();
  REQUIRE(described(network)[4] == "sum.act pact(sum) 4x4x4");
  REQUIRE(described(network)[7] == "mixed.act pact_signed(mixed) 4x4x4");
}

TEST_CASE("first, last and depthwise GEMMs and all of fp16 and fp8 read what they read") {
  for (const LayerPrecision precision : {LayerPrecision::fp16, LayerPrecision::fp8}) {
    NetworkMaker maker;
    const int conv = maker.add("conv", LayerKind::conv, {-1});
    maker.add("next", LayerKind::conv, {maker.add("norm", LayerKind::layer_norm, {conv})});
    REQUIRE(maker.finish(precision).layers.size() == 4);
  }
  NetworkMaker maker;
  const int conv = maker.add("conv", LayerKind::conv, {-1});
  maker.add("depthwise", LayerKind::conv, {conv}, 4);
  const Network network = maker.finish();
  REQUIRE(network.layers.size() == 3);
  REQUIRE(network.layers[1].precision == LayerPrecision::fp16);
}

TEST_CASE("the network's own input needs no clip") {
  NetworkMaker maker;
  const int first = maker.add("first", LayerKind::conv, {-1});
  const int second = maker.add("second", LayerKind::conv, {-1});
  maker.add("sum", LayerKind::add, {first, second});
  const Network network = maker.finish();
  REQUIRE(network.layers.size() == 4);
  REQUIRE(network.layers[1].precision == LayerPrecision::int4_fp4);
}

}  // namespace nibble
