// Where tensors live: never two in one place at one time.
#include "sim/compiler/placement.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "tests/sim/support/random_chip.h"
#include "tests/sim/support/random_network.h"

namespace nibble {
namespace {

using namespace test;

struct Life {
  int first = -1, last = -1;  // stages of the first and the last access
};

std::vector<Life> lives_of(const Workload& workload) {
  std::vector<Life> lives(workload.tensors.size());
  for (const Operation& operation : workload.operations) {
    std::vector<TensorId> used;
    if (const auto* gemm = std::get_if<GemmWork>(&operation.work)) {
      used = {gemm->streamed.tensor, gemm->stationary.tensor, gemm->result.tensor};
    } else {
      const auto& sfu = std::get<SfuWork>(operation.work);
      for (const auto* list : {&sfu.inputs, &sfu.outputs}) {
        for (const TensorSlice& slice : *list) used.push_back(slice.tensor);
      }
      used.insert(used.end(), sfu.whole.begin(), sfu.whole.end());
    }
    for (const TensorId tensor : used) {
      Life& life = lives[static_cast<std::size_t>(tensor)];
      if (life.first < 0) life.first = operation.stage;
      life.last = operation.stage;
    }
  }
  return lives;
}

/// Stages in which a tensor lies in the scratchpad, and where.
struct Interval {
  int first = 0, last = 0;
  Bytes address = 0;
};

std::vector<Interval> intervals_of(const Placement& place, const Life& life) {
  std::vector<Interval> intervals;
  if (place.resident_until >= 0) {
    intervals.push_back({life.first, place.resident_until, place.address_in(life.first)});
  }
  if (place.copied_in >= 0) {
    intervals.push_back({place.copied_in, place.copied_in, place.address_in(place.copied_in)});
  }
  return intervals;
}

Workload random_workload(Random& random) {
  WorkloadOptions options;
  options.batch = pick(random, 1, 4);
  options.training = !one_in(random, 5);
  if (one_in(random, 2)) return build_workload(random_timing_network(random), options);
  return build_workload(random_network(random, true), options);
}

}  // namespace

TEST_CASE("Tensors that are alive together share no byte of scratchpad or DRAM") {
  int resident = 0, cut = 0, copied = 0, streamed = 0, reused = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    const Workload workload = random_workload(random);
    const std::vector<Life> lives = lives_of(workload);
    const Bytes buffer = Bytes{1} << pick(random, 6, 16);
    const Bytes size = buffer + (Bytes{1} << pick(random, 6, 19));
    const Bytes stripe = pick_of<Bytes>(random, {1, 64, 4096, 65536});
    const int stripes = pick_of(random, {1, 1, 4});
    const Sharing sharing(workload, pick_of(random, {1, 1, 2, 3, 6}));
    PlacementPlan plan;
    try {
      plan = place_tensors(workload, sharing, buffer, size, {stripe, stripes});
    } catch (const std::invalid_argument&) {  // the cores' sums have no room
      CHECK(sharing.cores() > 1);
      continue;
    }
    for (std::size_t a = 0; a < plan.of.size(); ++a) {
      const Placement& at = plan.of[a];
      const Bytes bytes = workload.tensors[a].bytes();
      const Bytes held = sharing.resident_bytes(static_cast<TensorId>(a));
      if (lives[a].first < 0) continue;
      const bool stays = at.resident_until >= 0;
      if (!stays) CHECK(at.in_dram);
      if (at.in_dram) {
        CHECK(at.dram_address % static_cast<std::uint64_t>(stripe) == 0);
        CHECK(static_cast<Bytes>(at.dram_address) + bytes <= plan.dram_bytes);
      }
      if (workload.tensors[a].persistent) CHECK(!stays);
      resident += stays && !at.in_dram;
      cut += stays && at.in_dram;
      streamed += !stays && !workload.tensors[a].persistent;
      if (stays) {
        CHECK(at.scratchpad_address >= buffer);
        CHECK(at.scratchpad_address + held <= size);
        CHECK(at.scratchpad_address + held <= plan.resident_peak_bytes);
        // Whoever reads it later finds it in DRAM.
        CHECK((at.in_dram || at.resident_until >= lives[a].last));
      }
      if (at.copied_in >= 0) {
        ++copied;
        CHECK(at.in_dram);
        CHECK(at.copied_in > at.resident_until);
        // What lives in DRAM from step to step can come for its first stage.
        CHECK(at.copied_in > lives[a].first - (workload.tensors[a].persistent ? 1 : 0));
        CHECK(at.copied_in <= lives[a].last);
        CHECK(at.copy_address >= buffer);
        CHECK(at.copy_address + held <= plan.resident_peak_bytes);
      }
      for (std::size_t b = 0; b < a; ++b) {
        const Placement& other = plan.of[b];
        const Bytes other_bytes = workload.tensors[b].bytes();
        if (lives[b].first < 0) continue;
        const Bytes other_held = sharing.resident_bytes(static_cast<TensorId>(b));
        for (const Interval& mine : intervals_of(at, lives[a])) {
          for (const Interval& its : intervals_of(other, lives[b])) {
            if (mine.first > its.last || its.first > mine.last) continue;
            CHECK((mine.address + held <= its.address || its.address + other_held <= mine.address));
          }
        }
        const bool both_live = workload.tensors[a].persistent || workload.tensors[b].persistent ||
                               (lives[a].first <= lives[b].last && lives[b].first <= lives[a].last);
        reused += at.in_dram && other.in_dram && at.dram_address == other.dram_address;
        if (at.in_dram && other.in_dram && both_live) {
          const auto end_a = at.dram_address + static_cast<std::uint64_t>(bytes);
          const auto end_b = other.dram_address + static_cast<std::uint64_t>(other_bytes);
          CHECK((end_a <= other.dram_address || end_b <= at.dram_address));
        }
      }
    }
  }
  // All kinds were drawn.
  CHECK(resident > 100);
  CHECK(cut > 100);
  CHECK(copied > 0);
  CHECK(streamed > 100);
  CHECK(reused > 100);
}

TEST_CASE("A tensor stays if it just fits, and not with one byte less") {
  Workload workload;
  workload.tensors = {{"x", 100, 8, true}, {"y", 128, 8, false}};
  workload.stages = {{"layer", Pass::forward}, {"layer", Pass::backward}};
  SfuWork make{{SfuStep::relu}, 128, {0}, {1}, {}};
  SfuWork use{{SfuStep::relu}, 128, {1}, {0}, {}};
  workload.operations = {{0, make}, {1, use}};
  const PlacementPlan fits = place_tensors(workload, Sharing(workload, 1), 64, 64 + 128, {1, 1});
  CHECK(fits.of[1].resident_until == 1);
  CHECK_FALSE(fits.of[1].in_dram);
  CHECK(fits.of[1].scratchpad_address == 64);
  const PlacementPlan misses = place_tensors(workload, Sharing(workload, 1), 64, 64 + 127, {1, 1});
  CHECK(misses.of[1].resident_until == -1);
  CHECK(misses.of[1].in_dram);
}

TEST_CASE("What does not fit for its whole life leaves at its longest gap") {
  // `kept` is used in stages 0, 1 and 5; `middle` fills the scratchpad in stages 3 and 4.
  Workload workload;
  workload.tensors = {{"in", 64, 8, true}, {"kept", 128, 8, false}, {"middle", 128, 8, false}};
  workload.stages.resize(6, {"layer", Pass::forward});
  const auto sfu = [](std::vector<TensorSlice> in, std::vector<TensorSlice> out) {
    return SfuWork{{SfuStep::relu}, 64, std::move(in), std::move(out), {}};
  };
  workload.operations = {{0, sfu({0}, {1})}, {1, sfu({1}, {})}, {3, sfu({0}, {2})},
                         {4, sfu({2}, {})},  {4, sfu({2}, {})}, {5, sfu({1}, {})}};
  const PlacementPlan plan = place_tensors(workload, Sharing(workload, 1), 64, 64 + 128, {1, 1});
  CHECK(plan.of[2].resident_until == 4);
  CHECK_FALSE(plan.of[2].in_dram);
  CHECK(plan.of[1].resident_until == 1);
  CHECK(plan.of[1].in_dram);
  CHECK(plan.of[1].scratchpad_address == plan.of[2].scratchpad_address);
}

TEST_CASE("What a later stage reads again and again comes back for it, if there is just room") {
  // `weights` are made in stage 0 and read by six runs of stage 4; `middle` fills the scratchpad in
  // stages 1 to 3, `beside` takes 64 bytes of it in stage 4.
  Workload workload;
  workload.tensors = {{"in", 64, 8, true},
                      {"weights", 128, 8, false},
                      {"middle", 192, 8, false},
                      {"beside", 64, 8, false}};
  workload.stages.resize(5, {"layer", Pass::forward});
  const auto sfu = [](std::vector<TensorSlice> in, std::vector<TensorSlice> out) {
    return SfuWork{{SfuStep::relu}, 64, std::move(in), std::move(out), {}};
  };
  workload.operations = {{0, sfu({0}, {1})},
                         {1, sfu({0}, {2})},
                         {2, sfu({2}, {2})},
                         {3, sfu({2}, {})},
                         {4, sfu({0}, {3})}};
  for (int step = 0; step < 6; ++step) {
    workload.operations.push_back({4, sfu({1, {3, step, 6}}, {})});
  }
  const auto placed = [&](Bytes bytes) {
    return place_tensors(workload, Sharing(workload, 1), 64, 64 + bytes, {1, 1});
  };
  const PlacementPlan fits = placed(192);
  CHECK(fits.of[1].resident_until == 0);
  CHECK(fits.of[1].copied_in == 4);
  CHECK(fits.of[1].in_dram);
  CHECK(fits.of[2].resident_until == 3);
  CHECK(fits.of[3].resident_until == 4);
  CHECK(fits.of[3].scratchpad_address == 64 + 128);  // the weights were first
  CHECK(placed(127).of[1].copied_in == -1);
  // With room for all they never leave.
  const PlacementPlan all = placed(192 + 128);
  CHECK(all.of[1].resident_until == 4);
  CHECK(all.of[1].copied_in == -1);
  CHECK_FALSE(all.of[1].in_dram);
  // What the stage changes is not copied.
  workload.operations.push_back({4, sfu({}, {1})});
  CHECK(placed(192).of[1].copied_in == -1);
}

}  // namespace nibble
