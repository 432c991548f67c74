// Bytes alive over a step: a chain by hand, and random steps against a walk over every stage.
#include "sim/workload/footprint.h"

#include <catch2/catch.hpp>

#include "tests/sim/support/random_network.h"
#include "tests/sim/workload/step_laws.h"

namespace nibble {
namespace {

using namespace test;

TEST_CASE("A tensor is alive from the stage that makes it to the last that reads it") {
  Workload workload;
  workload.tensors = {{"images", 100, 16, true},
                      {"early", 10, 16},
                      {"codes", 9, 4},
                      {"unread", 3, 8},
                      {"never", 1000, 16}};
  workload.stages.resize(4);
  const auto run = [](int stage, std::vector<TensorSlice> in, std::vector<TensorSlice> out) {
    return Operation{stage, SfuWork{{SfuStep::relu}, 1, std::move(in), std::move(out), {}}};
  };
  workload.operations = {run(0, {0}, {1}), run(1, {1}, {2}), run(2, {0}, {3}), run(3, {2}, {})};
  // early 20 bytes in stages 0 and 1, codes 5 bytes from 1 to 3, unread 3 bytes in 2
  CHECK(live_bytes(workload) == std::vector<Bytes>{20, 25, 8, 5});
  CHECK(persistent_bytes(workload) == 200);
}

TEST_CASE("Live bytes of random steps are those that a walk over all stages finds") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    WorkloadOptions options;
    options.batch = pick(random, 1, 3);
    options.training = !one_in(random, 4);
    const Workload workload = build_workload(random_timing_network(random), options);
    std::vector<Bytes> expected(workload.stages.size(), 0);
    for (std::size_t i = 0; i < workload.tensors.size(); ++i) {
      if (workload.tensors[i].persistent) continue;
      int first = static_cast<int>(workload.stages.size()), last = -1;
      for (const Operation& operation : workload.operations) {
        std::vector<TensorSlice> used = reads_of(operation);
        for (const TensorSlice& slice : writes_of(operation)) used.push_back(slice);
        for (const TensorSlice& slice : used) {
          if (slice.tensor != static_cast<TensorId>(i)) continue;
          first = std::min(first, operation.stage);
          last = std::max(last, operation.stage);
        }
      }
      for (int stage = first; stage <= last; ++stage) {
        expected[static_cast<std::size_t>(stage)] += workload.tensors[i].bytes();
      }
    }
    CHECK(live_bytes(workload) == expected);
  }
}

TEST_CASE("Activations are kept for the backward pass as 4-bit codes and 2-bit masks") {
  // Four convolutions behind pact layers, without batch norms, which would need x in 16 bits.
  Network network;
  network.name = "chain";
  network.input = {8, 8, 16};
  network.classes = 16;
  int at = -1;
  for (int i = 0; i < 4; ++i) {
    const std::string name = std::to_string(i);
    const auto add = [&](Layer layer) {
      network.layers.push_back(std::move(layer));
      at = static_cast<int>(network.layers.size()) - 1;
    };
    add(make_layer("act" + name, LayerKind::pact, {at}));
    add(make_conv("conv" + name, at, 16, 3, 1, 1, LayerPrecision::int4_fp4));
  }
  network.layers.push_back(make_layer("mean", LayerKind::global_avg_pool, {at}));
  infer_shapes(network);
  WorkloadOptions options;
  options.batch = 4;
  const Workload workload = build_workload(network, options);
  const std::vector<Bytes> live = live_bytes(workload);
  std::size_t loss = 0;
  while (workload.stages.at(loss).pass != Pass::loss) ++loss;
  const Bytes activations = 4 * (4 * 8 * 8 * 16) * (4 + 2) / 8;
  const Bytes weights = 4 * (16 * 16 * 9) / 2;  // s4 codes, for dgrad
  const Bytes loss_itself = 2 * (4 * 16 * 2);   // logits and their gradient
  // The first activation's mask is read by nobody: its gradient would be that of the images.
  const Bytes unread = (4 * 8 * 8 * 16) * 2 / 8;
  CHECK(live.at(loss) == activations + weights + loss_itself - unread);
}

}  // namespace
}  // namespace nibble
