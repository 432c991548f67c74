// What every training step and every inference must hold, over random networks.
#include <algorithm>
#include <map>

#include <catch2/catch.hpp>

#include "sim/workload/workload.h"
#include "tests/sim/support/random_network.h"
#include "tests/sim/workload/count_steps.h"

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

std::vector<TensorId> tensors_of(const std::vector<TensorSlice>& slices) {
  std::vector<TensorId> tensors;
  for (const TensorSlice& slice : slices) tensors.push_back(slice.tensor);
  return tensors;
}

std::vector<TensorId> reads_of(const Operation& operation) {
  if (const auto* gemm = std::get_if<GemmWork>(&operation.work)) {
    return {gemm->streamed.tensor, gemm->stationary.tensor};
  }
  const auto& sfu = std::get<SfuWork>(operation.work);
  std::vector<TensorId> reads = tensors_of(sfu.inputs);
  reads.insert(reads.end(), sfu.whole.begin(), sfu.whole.end());
  return reads;
}

std::vector<TensorId> writes_of(const Operation& operation) {
  if (const auto* gemm = std::get_if<GemmWork>(&operation.work)) return {gemm->result.tensor};
  return tensors_of(std::get<SfuWork>(operation.work).outputs);
}

int count_kind(const Network& network, LayerKind kind) {
  return static_cast<int>(std::count_if(network.layers.begin(), network.layers.end(),
                                        [&](const Layer& layer) { return layer.kind == kind; }));
}

/// Pairs of an output position and a filter tap that meet along one axis of dX.
std::int64_t dgrad_pairs(std::int64_t size, std::int64_t filter, const ConvShape& conv) {
  std::int64_t pairs = 0;
  for (std::int64_t at = 0; at < size; ++at) {
    for (std::int64_t tap = 0; tap < filter; ++tap) {
      if ((at + conv.padding - tap + filter * conv.stride) % conv.stride == 0) ++pairs;
    }
  }
  return pairs;
}

}  // namespace

TEST_CASE("Tensors are written before they are read, and once unless they outlive the step") {
  for (std::uint64_t seed = 1; seed <= kDraws; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const WorkloadOptions options = random_options(random);
    const Network network = random_network(random, !one_in(random, 4));
    const Workload workload = build_workload(network, options);
    std::vector<int> written(workload.tensors.size(), 0), read(workload.tensors.size(), 0);
    for (const Operation& operation : workload.operations) {
      for (const TensorId id : reads_of(operation)) {
        REQUIRE(id >= 0);
        const auto tensor = static_cast<std::size_t>(id);
        REQUIRE(tensor < workload.tensors.size());
        INFO("reads " << workload.tensors[tensor].name);
        CHECK((workload.tensors[tensor].persistent || written[tensor] == 1));
        ++read[tensor];
      }
      for (const TensorId id : writes_of(operation)) ++written.at(static_cast<std::size_t>(id));
    }
    for (std::size_t i = 0; i < written.size(); ++i) {
      INFO("tensor " << workload.tensors[i].name);
      CHECK(written[i] <= 1);
      CHECK(workload.tensors[i].elements >= 0);
      if (!workload.tensors[i].persistent) continue;
      // Images come in, logits go out; parameters and optimizer state are updated by a training
      // step and only read by an inference.
      const bool logits = workload.tensors[i].name == network.layers.back().name + ".y";
      const bool images = workload.tensors[i].name == "input";
      CHECK((written[i] == 1) == (logits || (options.training && !images)));
      CHECK((read[i] >= 1) != logits);
    }
  }
}

TEST_CASE("Stages follow each other, each with at least one operation and no work of no size") {
  for (std::uint64_t seed = 1; seed <= kDraws; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const WorkloadOptions options = random_options(random);
    const Workload workload = build_workload(random_network(random, !one_in(random, 4)), options);
    int stage = -1;
    for (const Operation& operation : workload.operations) {
      CHECK((operation.stage == stage || operation.stage == stage + 1));
      stage = operation.stage;
      if (const auto* sfu = std::get_if<SfuWork>(&operation.work)) {
        CHECK(sfu->elements > 0);
        CHECK(!sfu->steps.empty());
        CHECK(!sfu->outputs.empty());
      }
    }
    CHECK(stage + 1 == static_cast<int>(workload.stages.size()));
    CHECK(workload.batch == options.batch);
  }
}

TEST_CASE("Each conv and linear layer has its GEMMs once, with the MACs of the closed form") {
  for (std::uint64_t seed = 1; seed <= kDraws; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const WorkloadOptions options = random_options(random);
    const Network network = random_network(random, !one_in(random, 4));
    const Workload workload = build_workload(network, options);
    std::map<std::pair<std::string, GemmPass>, std::int64_t> macs;
    std::map<std::pair<std::string, GemmPass>, int> times;
    for (const Operation& operation : workload.operations) {
      const auto* gemm = std::get_if<GemmWork>(&operation.work);
      if (gemm == nullptr) continue;
      const std::string layer = workload.stages[static_cast<std::size_t>(operation.stage)].layer;
      ++times[{layer, gemm->pass}];
      for (const LoweredGemm& part : lower_conv(gemm->conv, gemm->pass)) {
        macs[{layer, gemm->pass}] += part.shape.macs();
      }
    }
    std::size_t expected = 0;
    for (const Layer& layer : network.layers) {
      if (!multiplies(layer)) continue;
      INFO("layer " << layer.name);
      const ConvShape conv = conv_shape(layer, options.batch);
      const std::int64_t forward = conv.n * conv.p() * conv.q() * conv.k * conv.r * conv.s * conv.c;
      CHECK(times[{layer.name, GemmPass::forward}] == 1);
      CHECK(macs[{layer.name, GemmPass::forward}] == forward);
      ++expected;
      if (!options.training) continue;
      ++expected;
      CHECK(times[{layer.name, GemmPass::wgrad}] == 1);
      CHECK(macs[{layer.name, GemmPass::wgrad}] == forward);
      if (layer.inputs.front() < 0) continue;
      ++expected;
      CHECK(times[{layer.name, GemmPass::dgrad}] == 1);
      CHECK(macs[{layer.name, GemmPass::dgrad}] == conv.n * dgrad_pairs(conv.h, conv.r, conv) *
                                                       dgrad_pairs(conv.w, conv.s, conv) * conv.c *
                                                       conv.k);
    }
    std::size_t found = 0;
    for (const auto& [key, count] : times) found += static_cast<std::size_t>(count);
    CHECK(found == expected);
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

TEST_CASE("4-bit layers stream and hold 4-bit tensors; others 16") {
  for (std::uint64_t seed = 1; seed <= kDraws; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    WorkloadOptions options = random_options(random);
    options.precision = ChipPrecision::nibble4;
    const Workload workload = build_workload(random_network(random, !one_in(random, 4)), options);
    for (const Operation& operation : workload.operations) {
      const auto* gemm = std::get_if<GemmWork>(&operation.work);
      if (gemm == nullptr) continue;
      const int bits = gemm->precision == TilePrecision::nibble4 ? 4 : 16;
      CHECK(workload.tensors[static_cast<std::size_t>(gemm->streamed.tensor)].bits == bits);
      CHECK(workload.tensors[static_cast<std::size_t>(gemm->stationary.tensor)].bits == bits);
      CHECK(workload.tensors[static_cast<std::size_t>(gemm->result.tensor)].bits == 16);
    }
  }
}

TEST_CASE("A step has each layer's element-wise steps as often as the recipe says") {
  for (std::uint64_t seed = 1; seed <= kDraws; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    WorkloadOptions options;
    const Network network = random_network(random, !one_in(random, 4));
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
