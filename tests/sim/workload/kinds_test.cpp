// What each kind of layer adds to a step, one small network a kind.
#include <catch2/catch.hpp>

#include "tests/sim/support/random_network.h"
#include "tests/sim/workload/count_steps.h"
#include "tests/sim/workload/find_work.h"
#include "tests/sim/workload/step_laws.h"

namespace nibble {
namespace {

using namespace test;

constexpr auto kFp16 = LayerPrecision::fp16;

/// `layers` behind a 1x1 convolution named `stem` (layer 0), before a pool and a linear head.
Network behind_stem(std::vector<Layer> layers, FeatureShape input, std::int64_t channels) {
  Network network;
  network.name = "kind";
  network.input = input;
  network.classes = 3;
  network.layers = {make_conv("stem", -1, channels, 1, 1, 0, kFp16)};
  for (Layer& layer : layers) network.layers.push_back(std::move(layer));
  const int last = static_cast<int>(network.layers.size()) - 1;
  network.layers.push_back(make_layer("mean", LayerKind::global_avg_pool, {last}));
  network.layers.push_back(make_linear("fc", last + 1, 3, kFp16));
  infer_shapes(network);
  return network;
}

Workload step(const Network& network, std::int64_t batch = 2) {
  WorkloadOptions options;
  options.batch = batch;
  Workload workload = build_workload(network, options);
  CHECK(broken_law(workload, true) == "");
  return workload;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("Gelu keeps x, and multiplies the gradient with a function of it") {
  const Workload workload =
      step(behind_stem({make_layer("gelu", LayerKind::gelu, {0})}, {4, 4, 2}, 5));
  const std::vector<SfuWork> runs = runs_with(workload, SfuStep::function);
  REQUIRE(runs.size() == 2);
  CHECK(names_of(workload, runs[0].inputs) == Names{"stem.y"});
  CHECK(has(runs[1], SfuStep::multiply));
  CHECK(names_of(workload, runs[1].inputs) == Names{"mean.gradient", "stem.y"});
}

TEST_CASE("A product's gradients are products with the other factor") {
  const Workload workload = step(behind_stem(
      {make_conv("gate", 0, 5, 1, 1, 0, kFp16), make_layer("times", LayerKind::multiply, {0, 1})},
      {4, 4, 2}, 5));
  const std::vector<SfuWork> runs = runs_with(workload, SfuStep::multiply);
  REQUIRE(runs.size() == 3);
  CHECK(names_of(workload, runs[0].inputs) == Names{"stem.y", "gate.y"});
  CHECK(names_of(workload, runs[1].inputs) == Names{"mean.gradient", "stem.y"});  // of the gate
  CHECK(names_of(workload, runs[2].inputs) == Names{"mean.gradient", "gate.y", "gate.dx.acc"});
}

TEST_CASE("A pool walks its windows, and only a max pool keeps a mask") {
  for (const LayerKind kind : {LayerKind::max_pool, LayerKind::avg_pool}) {
    Layer pool = make_layer("pool", kind, {0});
    pool.kernel = 3;
    pool.stride = 2;
    const Workload workload = step(behind_stem({pool}, {9, 9, 2}, 5));
    const std::vector<SfuWork> runs = runs_with(workload, SfuStep::pool);
    REQUIRE(runs.size() == 4);  // and the global pool, both ways
    CHECK(runs.front().elements == 2 * 4 * 4 * 5 * 9);
    CHECK(runs.back().elements == 2 * 4 * 4 * 5 * 9);
    CHECK(has_tensor(workload, "pool.mask") == (kind == LayerKind::max_pool));
  }
}

TEST_CASE("A norm behind every branch of a concat is charged once, over all of them") {
  const auto branches = [](bool second_norm) {
    std::vector<Layer> layers = {make_conv("a", 0, 3, 1, 1, 0, kFp16),
                                 make_layer("a.bn", LayerKind::batch_norm, {1}),
                                 make_conv("b", 0, 4, 3, 1, 1, kFp16)};
    if (second_norm) layers.push_back(make_layer("b.bn", LayerKind::batch_norm, {3}));
    layers.push_back(make_layer("join", LayerKind::concat, {2, second_norm ? 4 : 3}));
    layers.push_back(make_layer("act", LayerKind::relu, {second_norm ? 5 : 4}));
    return behind_stem(layers, {4, 4, 2}, 5);
  };
  const Workload alike = step(branches(true));
  const std::vector<SfuWork> normalise = runs_with(alike, SfuStep::bn_normalise);
  REQUIRE(normalise.size() == 1);
  CHECK(count_steps(alike, SfuStep::bn_normalise) == 1);
  CHECK(normalise.front().elements == 2 * 16 * 7);
  CHECK(names_of(alike, normalise.front().inputs) == Names{"a.y", "b.y"});
  CHECK(normalise.front().whole.size() == 4);  // parameters and statistics of both

  const Workload unlike = step(branches(false));
  const std::vector<SfuWork> first = runs_with(unlike, SfuStep::bn_normalise);
  REQUIRE(first.size() == 1);
  CHECK(first.front().elements == 2 * 16 * 3);
  CHECK(names_of(unlike, first.front().outputs) == Names{"a.bn.y"});
  CHECK(names_of(unlike, runs_with(unlike, SfuStep::relu).front().inputs) ==
        Names{"a.bn.y", "b.y"});

  for (const Workload* workload : {&alike, &unlike}) {  // backward: one tensor a branch
    const std::vector<SfuWork> split = runs_with(*workload, SfuStep::activation_backward);
    REQUIRE(split.size() == 1);
    REQUIRE(split.front().outputs.size() == 2);
    CHECK(tensor_of(*workload, split.front().outputs[0]).elements == 2 * 16 * 3);
    CHECK(tensor_of(*workload, split.front().outputs[1]).elements == 2 * 16 * 4);
  }
}

TEST_CASE("A concat that norms read is never copied") {
  // As in a dense block: each layer reads all before it.
  const Workload workload = step(behind_stem(
      {make_layer("bn1", LayerKind::batch_norm, {0}), make_conv("a", 1, 3, 1, 1, 0, kFp16),
       make_layer("join1", LayerKind::concat, {0, 2}),
       make_layer("bn2", LayerKind::batch_norm, {3}), make_conv("b", 4, 3, 3, 1, 1, kFp16),
       make_layer("join2", LayerKind::concat, {3, 5}),
       make_layer("bn3", LayerKind::batch_norm, {6})},
      {4, 4, 2}, 5));
  const std::vector<SfuWork> statistics = runs_with(workload, SfuStep::bn_statistics);
  REQUIRE(statistics.size() == 3);
  CHECK(names_of(workload, statistics[1].inputs) == Names{"stem.y", "a.y"});
  CHECK(names_of(workload, statistics[2].inputs) == Names{"stem.y", "a.y", "b.y"});
  CHECK(!has_tensor(workload, "join1.y"));
  CHECK(!has_tensor(workload, "join2.y"));
}

TEST_CASE("Layer norm keeps two sums a position, and its parameters' gradient is a reduction") {
  const Workload workload =
      step(behind_stem({make_layer("norm", LayerKind::layer_norm, {0})}, {4, 3, 2}, 5));
  const Tensor& statistics =
      workload.tensors.at(static_cast<std::size_t>(tensor_named(workload, "norm.statistics")));
  CHECK(statistics.elements == 2 * 12 * 2);
  CHECK(statistics.rows == 2 * 12);
  CHECK(!statistics.reduction);
  CHECK(count_steps(workload, SfuStep::norm_statistics) == 1);
  CHECK(count_steps(workload, SfuStep::norm_normalise) == 1);
  REQUIRE(runs_with(workload, SfuStep::norm_backward).size() == 1);
  const Tensor& sums =
      workload.tensors.at(static_cast<std::size_t>(tensor_named(workload, "norm.sums")));
  CHECK(sums.elements == 2 * 5);
  CHECK(sums.reduction);
}

TEST_CASE("A convolution in groups has the weights of its groups") {
  Layer depthwise = make_conv("depthwise", 0, 6, 3, 1, 1, kFp16);
  depthwise.groups = 6;
  depthwise.bias = true;
  const Workload workload = step(behind_stem({depthwise}, {4, 4, 2}, 6));
  const GemmWork forward = gemms_of(workload, "depthwise", GemmPass::forward).front();
  CHECK(forward.conv.groups == 6);
  CHECK(tensor_of(workload, forward.stationary).elements == 6 * 9);
  for (const SfuWork& run : runs_with(workload, SfuStep::residual_add)) {
    CHECK(names_of(workload, run.outputs) == Names{"depthwise.y"});  // the bias
  }
  CHECK(count_steps(workload, SfuStep::residual_add) == 1);
}

TEST_CASE("A product of activations has two gradient GEMMs and nothing to update") {
  Layer scores = make_layer("scores", LayerKind::matmul, {2, 3});
  scores.precision = LayerPrecision::int4_fp4;
  scores.heads = 2;
  scores.transpose_b = true;
  const Workload workload = step(
      behind_stem({make_conv("other", 0, 4, 1, 1, 0, kFp16), make_layer("a", LayerKind::pact, {0}),
                   make_layer("b", LayerKind::pact_signed, {1}), scores},
                  {5, 1, 2}, 4));
  const GemmWork forward = gemms_of(workload, "scores", GemmPass::forward).front();
  const GemmWork dgrad = gemms_of(workload, "scores", GemmPass::dgrad).front();
  const GemmWork wgrad = gemms_of(workload, "scores", GemmPass::wgrad).front();
  CHECK(forward.conv.groups == 2 * 2);
  CHECK(names_of(workload, {forward.streamed, forward.stationary}) == Names{"a.codes", "b.codes"});
  CHECK(names_of(workload, {dgrad.streamed, dgrad.stationary}) ==
        Names{"scores.dy.even", "b.codes"});
  CHECK(names_of(workload, {wgrad.streamed, wgrad.stationary}) ==
        Names{"scores.dy.odd", "a.codes"});
  CHECK(forward.arithmetic.stream == StreamFormat::u4);
  CHECK(forward.arithmetic.stationary == StationaryFormat::s4);
  CHECK(dgrad.arithmetic.stationary == StationaryFormat::s4);
  CHECK(wgrad.arithmetic.stationary == StationaryFormat::u4);
  for (const WorkloadStage& stage : workload.stages) {
    CHECK((stage.layer != "scores" || stage.pass != Pass::update));
  }
}

TEST_CASE("Softmax keeps its probabilities in the run that quantises them") {
  const Workload workload = step(behind_stem(
      {make_layer("softmax", LayerKind::softmax, {0}), make_layer("act", LayerKind::pact, {1}),
       make_conv("conv", 2, 3, 1, 1, 0, LayerPrecision::int4_fp4)},
      {4, 1, 2}, 5));
  const std::vector<SfuWork> forward = runs_with(workload, SfuStep::softmax);
  REQUIRE(forward.size() == 1);
  CHECK(names_of(workload, forward.front().outputs) == Names{"softmax.y", "act.codes", "act.mask"});
  const std::vector<SfuWork> backward = runs_with(workload, SfuStep::softmax_backward);
  REQUIRE(backward.size() == 1);
  CHECK(names_of(workload, backward.front().inputs) ==
        Names{"conv.dx.acc", "act.mask", "softmax.y"});
}

TEST_CASE("A selected token is a slice, the other positions get zeros") {
  const Workload workload =
      step(behind_stem({make_layer("first", LayerKind::select_token, {0})}, {5, 1, 2}, 4));
  const SfuWork pool = runs_with(workload, SfuStep::pool).front();
  REQUIRE(pool.inputs.size() == 1);
  CHECK(pool.inputs.front().part == 0);
  CHECK(pool.inputs.front().parts == 5);
  const SfuWork zeros = runs_with(workload, SfuStep::zero_fill).front();
  CHECK(zeros.elements == 2 * 4 * 4);
}

TEST_CASE("A reshape costs nothing: its readers read its source") {
  Layer reshape = make_layer("reshape", LayerKind::reshape, {1});
  reshape.output_shape = {16, 1, 5};
  const std::vector<Layer> plain = {make_layer("act", LayerKind::relu, {0}),
                                    make_conv("conv", 1, 4, 1, 1, 0, kFp16)};
  const std::vector<Layer> reshaped = {plain[0], reshape, make_conv("conv", 2, 4, 1, 1, 0, kFp16)};
  const Workload with = step(behind_stem(reshaped, {4, 4, 2}, 5));
  const Workload without = step(behind_stem(plain, {4, 4, 2}, 5));
  CHECK(with.operations.size() == without.operations.size());
  CHECK(with.tensors.size() == without.tensors.size());
  CHECK(names_of(with, {gemms_of(with, "conv", GemmPass::forward).front().streamed}) ==
        Names{"act.y"});
}

TEST_CASE("An unknown operation reads its inputs and writes its output, and the mirror backward") {
  Layer unknown = make_layer("unknown", LayerKind::traffic, {0, 1});
  unknown.output_shape = {2, 2, 3};
  const Workload workload =
      step(behind_stem({make_conv("other", 0, 7, 1, 1, 0, kFp16), unknown}, {4, 4, 2}, 5));
  const std::vector<SfuWork> runs = runs_with(workload, SfuStep::cast);
  std::vector<SfuWork> moves;
  for (const SfuWork& run : runs) {
    if (run.inputs.size() > 1 || run.outputs.size() > 1) moves.push_back(run);
  }
  REQUIRE(moves.size() == 2);
  CHECK(names_of(workload, moves[0].inputs) == Names{"stem.y", "other.y"});
  CHECK(names_of(workload, moves[0].outputs) == Names{"unknown.y"});
  CHECK(moves[0].elements == 2 * 16 * 7);
  CHECK(names_of(workload, moves[1].inputs) == Names{"mean.gradient"});
  CHECK(names_of(workload, moves[1].outputs) == Names{"unknown.gradient.0", "unknown.gradient.1"});
}

}  // namespace nibble
