// Steps of graphs made by hand, and the graphs that are refused.
#include <algorithm>

#include <catch2/catch.hpp>

#include "sim/workload/workload.h"
#include "tests/sim/support/random_network.h"
#include "tests/sim/workload/count_steps.h"

namespace nibble {
namespace {

using namespace test;

Network chain(std::vector<Layer> layers, FeatureShape input, std::int64_t classes) {
  Network network;
  network.name = "chain";
  network.input = input;
  network.classes = classes;
  network.layers = std::move(layers);
  infer_shapes(network);
  return network;
}

std::string build_error(const Network& network, const WorkloadOptions& options = {}) {
  try {
    (void)build_workload(network, options);
    return "";
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("Gradients that meet are summed") {
  // pact -> {conv, identity} -> add: one addition forward, one where the branches' gradients meet.
  const Network network = chain({make_conv("stem", -1, 4, 3, 1, 1, LayerPrecision::fp16),
                                 make_layer("act", LayerKind::pact, {0}),
                                 make_conv("branch", 1, 4, 3, 1, 1, LayerPrecision::int4_fp4),
                                 make_layer("sum", LayerKind::add, {2, 1}),
                                 make_layer("mean", LayerKind::global_avg_pool, {3})},
                                {6, 6, 2}, 4);
  const Workload workload = build_workload(network, {});
  CHECK(count_steps(workload, SfuStep::residual_add) == 2);
}

TEST_CASE("A batch norm may read any layer, and sums up its statistics in a pass of its own") {
  for (const int source : {-1, 0, 1, 2}) {
    INFO("reads layer " << source);
    const Network network =
        chain({make_layer("act", LayerKind::relu, {-1}), make_layer("sum", LayerKind::add, {0, -1}),
               make_layer("norm0", LayerKind::batch_norm, {1}),
               make_layer("norm", LayerKind::batch_norm, {source}),
               make_layer("both", LayerKind::add, {3, 2}),
               make_layer("mean", LayerKind::global_avg_pool, {4})},
              {4, 4, 3}, 3);
    const Workload workload = build_workload(network, {});
    CHECK(count_steps(workload, SfuStep::bn_statistics) == 2);
    CHECK(count_steps(workload, SfuStep::bn_reduce) == 2);
  }
}

TEST_CASE("The logits are written, whatever layer yields them") {
  for (const LayerKind kind : {LayerKind::relu, LayerKind::pact, LayerKind::batch_norm}) {
    Layer last = make_layer("last", kind, {0});
    const Network network =
        chain({make_linear("fc", -1, 3, LayerPrecision::fp16), last}, {2, 2, 1}, 3);
    for (const bool training : {true, false}) {
      WorkloadOptions options;
      options.training = training;
      const Workload workload = build_workload(network, options);
      const auto& last_work = std::get<SfuWork>(workload.operations.back().work);
      const Tensor& written =
          workload.tensors[static_cast<std::size_t>(last_work.outputs.front().tensor)];
      if (!training) CHECK(written.name == "last.y");
      if (training) CHECK(count_steps(workload, SfuStep::softmax_loss) == 1);
    }
  }
}

TEST_CASE("Logits that are a slice of something larger are copied out") {
  Layer tokens = make_linear("tokens", -1, 3, LayerPrecision::fp16);
  tokens.flatten = false;
  const Network network =
      chain({tokens, make_layer("first", LayerKind::select_token, {0})}, {4, 1, 2}, 3);
  WorkloadOptions options;
  options.training = false;
  const Workload workload = build_workload(network, options);
  const auto& copy = std::get<SfuWork>(workload.operations.back().work);
  const Tensor& logits = workload.tensors[static_cast<std::size_t>(copy.outputs.front().tensor)];
  CHECK(logits.name == "first.y");
  CHECK(logits.elements == 3);
  CHECK(logits.persistent);
}

TEST_CASE("Graphs that make no step are refused with the layer's name") {
  WorkloadOptions no_images;
  no_images.batch = 0;
  const Network good = chain({make_linear("fc", -1, 3, LayerPrecision::fp16)}, {2, 2, 1}, 3);
  CHECK(build_error(good, no_images) == "batch must be at least 1");
  CHECK(build_error(Network{}) == "the network has no layers");

  Network unread = good;
  unread.layers.insert(unread.layers.begin(), make_layer("lost", LayerKind::relu, {-1}));
  infer_shapes(unread);
  CHECK(build_error(unread) == "layer lost: no gradient reaches it: its output is never read");

  // infer_shapes refuses this as well; a network may come from elsewhere.
  Network unquantised = chain({make_layer("mean", LayerKind::global_avg_pool, {-1}),
                               make_linear("fc", 0, 3, LayerPrecision::fp16)},
                              {2, 2, 1}, 3);
  unquantised.layers.back().precision = LayerPrecision::int4_fp4;
  CHECK(build_error(unquantised) ==
        "layer fc: a 4-bit layer must read a pact layer, allowed: precision fp16 here");
}

}  // namespace nibble
