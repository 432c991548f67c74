// Random networks of every kind of layer, in all precisions, on all chips.
#include <set>

#include <catch2/catch.hpp>

#include "tests/sim/support/random_network.h"
#include "tests/sim/workload/step_laws.h"
#include "tests/sim/workload/step_macs.h"

namespace nibble {
namespace {

using namespace test;

constexpr std::uint64_t kDraws = 1500;

WorkloadOptions random_options(Random& random) {
  WorkloadOptions options;
  options.batch = pick(random, 1, 4);
  options.training = !one_in(random, 4);
  options.precision = pick_of(random, {ChipPrecision::nibble4, ChipPrecision::nibble4,
                                       ChipPrecision::fp16, ChipPrecision::fp8});
  return options;
}

}  // namespace

TEST_CASE("Steps of every kind of layer keep all laws, and compute each MAC once") {
  std::set<LayerKind> kinds;
  for (std::uint64_t seed = 1; seed <= kDraws; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const WorkloadOptions options = random_options(random);
    const Network network = random_timing_network(random);
    for (const Layer& layer : network.layers) kinds.insert(layer.kind);
    const Workload workload = build_workload(network, options);
    CHECK(broken_law(workload, options.training) == "");
    CHECK(macs_of(workload) == expected_macs(network, options));
  }
  CHECK(kinds.size() == static_cast<std::size_t>(LayerKind::traffic) + 1);
}

}  // namespace nibble
