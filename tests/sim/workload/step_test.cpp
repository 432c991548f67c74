// What every training step and every inference must hold, over random networks.
#include <algorithm>
#include <set>

#include <catch2/catch.hpp>

#include "sim/workload/workload.h"
#include "tests/sim/support/random_network.h"
#include "tests/sim/workload/count_steps.h"
#include "tests/sim/workload/step_laws.h"
#include "tests/sim/workload/step_macs.h"

namespace nibble {
namespace {

using namespace test;

constexpr std::uint64_t kDraws = 300;

WorkloadOptions random_options(Random& random) {
  WorkloadOptions options;
  options.batch = pick(random, 1, 5);
  options.training = !one_in(random, 4);
  options.precision = one_in(random, 4) ? ChipPrecision::fp16 : ChipPrecision::nibble4;
  return options;
}

int count_kind(const Network& network, LayerKind kind) {
  return static_cast<int>(std::count_if(network.layers.begin(), network.layers.end(),
                                        [&](const Layer& layer) { return layer.kind == kind; }));
}

}  // namespace

TEST_CASE("Steps of networks with values keep all laws, and compute each MAC once") {
  for (std::uint64_t seed = 1; seed <= kDraws; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const WorkloadOptions options = random_options(random);
    const Network network = random_network(random, !one_in(random, 4), one_in(random, 2));
    const Workload workload = build_workload(network, options);
    CHECK(broken_law(workload, options.training) == "");
    CHECK(macs_of(workload) == expected_macs(network, options));
    CHECK(workload.batch == options.batch);
  }
}

TEST_CASE("Images come in, logits go out, an inference writes nothing else that lasts") {
  for (std::uint64_t seed = 1; seed <= kDraws; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    WorkloadOptions options = random_options(random);
    options.training = false;
    const Network network = random_network(random, !one_in(random, 4));
    const Workload workload = build_workload(network, options);
    std::set<TensorId> read, written;
    for (const Operation& operation : workload.operations) {
      for (const TensorSlice& slice : reads_of(operation)) read.insert(slice.tensor);
      for (const TensorSlice& slice : writes_of(operation)) written.insert(slice.tensor);
    }
    for (std::size_t i = 0; i < workload.tensors.size(); ++i) {
      if (!workload.tensors[i].persistent) continue;
      INFO("tensor " << workload.tensors[i].name);
      const bool logits = workload.tensors[i].name == network.layers.back().name + ".y";
      CHECK(written.count(static_cast<TensorId>(i)) == (logits ? 1U : 0U));
      CHECK(read.count(static_cast<TensorId>(i)) == (logits ? 0U : 1U));
    }
  }
}

TEST_CASE("On the FP16 chip no tensor has 4 bits and nothing is quantised") {
  for (std::uint64_t seed = 1; seed <= kDraws; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    WorkloadOptions options = random_options(random);
    options.precision = ChipPrecision::fp16;
    const Workload workload = build_workload(random_network(random, !one_in(random, 4)), options);
    for (const Tensor& tensor : workload.tensors) CHECK(tensor.bits != 4);
    for (const Operation& operation : workload.operations) {
      if (const auto* gemm = std::get_if<GemmWork>(&operation.work)) {
        CHECK(gemm->precision == TilePrecision::fp16);
        for (const TensorId id :
             {gemm->streamed.tensor, gemm->stationary.tensor, gemm->result.tensor}) {
          CHECK(workload.tensors[static_cast<std::size_t>(id)].bits == 16);
        }
      }
    }
    for (const SfuStep step : {SfuStep::pact_quantise, SfuStep::fp4_quantise,
                               SfuStep::sawb_quantise, SfuStep::sawb_statistics}) {
      CHECK(count_steps(workload, step) == 0);
    }
  }
}

TEST_CASE("A step has each layer's element-wise steps as often as the recipe says") {
  for (std::uint64_t seed = 1; seed <= kDraws; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    WorkloadOptions options;
    const Network network = random_network(random, !one_in(random, 4), one_in(random, 2));
    const Workload workload = build_workload(network, options);
    int multiplying = 0, nibble = 0, first_nibble = 0, activations = 0;
    for (const Layer& layer : network.layers) {
      if (layer.kind == LayerKind::pact || layer.kind == LayerKind::relu) ++activations;
      if (!multiplies(layer)) continue;
      ++multiplying;
      if (layer.precision != LayerPrecision::int4_fp4) continue;
      ++nibble;
      if (layer.inputs.front() < 0) ++first_nibble;
    }
    const int norms = count_kind(network, LayerKind::batch_norm);
    CHECK(count_steps(workload, SfuStep::softmax_loss) == 1);
    CHECK(count_steps(workload, SfuStep::sgd_update) == multiplying + norms);
    CHECK(count_steps(workload, SfuStep::bn_statistics) == norms);
    CHECK(count_steps(workload, SfuStep::bn_reduce) == norms);
    CHECK(count_steps(workload, SfuStep::sawb_statistics) == nibble);
    CHECK(count_steps(workload, SfuStep::sawb_quantise) == nibble);
    CHECK(count_steps(workload, SfuStep::cast) == multiplying - nibble);
    // Both phases, the even one unless nobody needs dX.
    CHECK(count_steps(workload, SfuStep::fp4_quantise) == 2 * nibble - first_nibble);
    CHECK(count_steps(workload, SfuStep::pact_clip) == count_kind(network, LayerKind::pact));
    CHECK(count_steps(workload, SfuStep::relu) == count_kind(network, LayerKind::relu));
    CHECK(count_steps(workload, SfuStep::activation_backward) <= activations);
  }
}

}  // namespace nibble
