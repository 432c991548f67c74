// A GEMM's result that only the next run reads: when it stays in the stream buffer, and what that
// saves.
#include <set>

#include <catch2/catch.hpp>

#include "sim/compiler/passing_results.h"
#include "sim/compiler/placement.h"
#include "tests/sim/support/random_chip.h"
#include "tests/sim/support/random_network.h"

namespace nibble {
namespace {

using namespace test;

constexpr std::int64_t kRows = 512, kIn = 24, kOut = 32;
constexpr Bytes kInput = kRows * kIn * 2, kWeights = kIn * kOut * 2, kResult = kRows * kOut * 2;
constexpr TensorId kX = 0, kW = 1, kT = 2, kY = 3;

/// y = scale(x . w) in fp16 without room for resident tensors; x, w and y live in DRAM.
Workload product(bool one_stage, std::int64_t in = kIn) {
  GemmWork gemm;
  gemm.precision = TilePrecision::fp16;
  gemm.conv.n = kRows;
  gemm.conv.c = in;
  gemm.conv.k = kOut;
  gemm.conv.h = gemm.conv.w = gemm.conv.r = gemm.conv.s = 1;
  gemm.streamed = kX;
  gemm.stationary = kW;
  gemm.result = kT;
  Workload workload;
  workload.tensors = {{"x", kRows * in, 16, true, kRows},
                      {"w", in * kOut, 16, true, kOut},
                      {"t", kResult / 2, 16, false, kRows},
                      {"y", kResult / 2, 16, true, kRows}};
  workload.stages = {{"fc", Pass::forward}, {"scale", Pass::forward}};
  workload.operations = {
      {0, gemm}, {one_stage ? 0 : 1, SfuWork{{SfuStep::scale}, kResult / 2, {kT}, {kY}, {}}}};
  return workload;
}

CompilerTarget without_residents(Bytes stream_buffer, int cores = 1) {
  CompilerTarget target = target_of(plain_chip());
  target.stream_buffer_bytes = target.scratchpad_bytes = stream_buffer;
  target.cores = cores;
  return target;
}

Bytes dram_bytes(const Program& program) {
  Bytes bytes = 0;
  for (const Command& command : program.commands) {
    if (const auto* transfer = std::get_if<DmaTransfer>(&command.body)) bytes += transfer->bytes;
  }
  return bytes;
}

MappingTable with_split(CoreSplit split) {
  GemmMapping mapping;
  mapping.split = split;
  return {{0, mapping}};
}

}  // namespace

TEST_CASE("A result that only the next run of its stage reads causes no DRAM traffic") {
  const CompilerTarget target = without_residents(16 * 1024);
  CHECK(dram_bytes(compile(product(true), target)) == kInput + kWeights + kResult);
  CHECK(dram_bytes(compile(product(false), target)) == kInput + kWeights + 3 * kResult);
}

TEST_CASE("Cores that make the rows they work on pass results, others send them through DRAM") {
  const CompilerTarget target = without_residents(16 * 1024, 3);
  const Bytes passed = kInput + kWeights + kResult;
  CHECK(dram_bytes(compile(product(true), target, with_split(CoreSplit::rows))) == passed);
  CHECK(dram_bytes(compile(product(true), target, with_split(CoreSplit::columns))) ==
        passed + 2 * kResult);
}

TEST_CASE("Results are passed if two slots hold them beside all else, and not with a byte less") {
  // Held are the weights; a slot takes 16 rows of x, of the result and of y.
  GemmMapping pinned;
  pinned.rows = 16;
  pinned.columns = kOut;
  pinned.depth = kIn;
  const Bytes slot = 16 * (kIn + kOut + kOut) * 2;
  const Bytes enough = kWeights + 2 * slot;
  const Bytes passed = kInput + kWeights + kResult;
  const auto bytes = [&](Bytes buffer) {
    return dram_bytes(compile(product(true), without_residents(buffer), {{0, pinned}}));
  };
  CHECK(bytes(enough) == passed);
  CHECK(bytes(enough - 1) == passed + 2 * kResult);
}

TEST_CASE("Results are not passed where that would cost more traffic than it saves") {
  // With a byte less than full columns need, x streams once for each half of the weights.
  for (const std::int64_t in : {std::int64_t{24}, std::int64_t{512}}) {
    const Bytes input = kRows * in * 2, weights = in * kOut * 2;
    const Bytes enough = weights + 2 * 16 * (in + kOut + kOut) * 2;
    const Bytes passed = input + weights + kResult;
    CHECK(dram_bytes(compile(product(true, in), without_residents(enough))) == passed);
    const Bytes more = in == 24 ? input : 2 * kResult;
    CHECK(dram_bytes(compile(product(true, in), without_residents(enough - 1))) == passed + more);
  }
}

TEST_CASE("Each block of the run reads what the array wrote, while the array works on the next") {
  const Program program = compile(product(true), without_residents(16 * 1024));
  const Command* tile = nullptr;
  std::set<std::uint32_t> last_run;  // the block of the run before the array's next one
  int blocks = 0, held_up = 0;
  for (std::uint32_t i = 0; i < program.commands.size(); ++i) {
    const Command& command = program.commands[i];
    if (command.unit == Unit::fp16_tile) {
      for (const std::uint32_t token : command.waits)
        held_up += static_cast<int>(last_run.count(token));
      tile = &command;
    }
    if (command.unit != Unit::sfu) continue;
    REQUIRE(tile != nullptr);
    const ScratchpadRange& written = tile->scratchpad.back();
    REQUIRE(written.write);
    bool found = false;
    for (const ScratchpadRange& range : command.scratchpad) {
      found |= !range.write && range.begin == written.begin && range.end == written.end;
    }
    CHECK(found);
    last_run = {i};
    ++blocks;
  }
  CHECK(blocks >= 4);
  CHECK(held_up == 0);
}

TEST_CASE("Only a result with one reader, next in the same stage, is passed") {
  CHECK(passing_results(product(true)) == std::vector<bool>{true, false});
  CHECK(passing_tensors(product(true)) == std::vector<bool>{false, false, true, false});
  CHECK(passing_results(product(false)) == std::vector<bool>{false, false});
  Workload workload = product(true);
  workload.operations.push_back({1, SfuWork{{SfuStep::relu}, kResult / 2, {kT}, {kY}, {}}});
  CHECK_FALSE(passing_results(workload)[0]);
  workload = product(true);
  workload.tensors[kT].persistent = true;
  CHECK_FALSE(passing_results(workload)[0]);
  workload = product(true);  // an operation between the two
  workload.operations.insert(workload.operations.begin() + 1,
                             {0, SfuWork{{SfuStep::zero_fill}, kResult / 2, {}, {kY}, {}}});
  CHECK_FALSE(passing_results(workload)[0]);
  workload = product(true);  // as a whole, before its first element
  auto& run = std::get<SfuWork>(workload.operations[1].work);
  run.inputs.clear();
  run.whole = {kT};
  CHECK_FALSE(passing_results(workload)[0]);
}

TEST_CASE("A slice is passed beside other slices of its tensor, but not beside all of it") {
  Workload workload = product(true);
  std::get<GemmWork>(workload.operations[0].work).result = {kT, 0, 2};
  std::get<SfuWork>(workload.operations[1].work).inputs = {{kT, 0, 2}};
  workload.operations.push_back({1, SfuWork{{SfuStep::relu}, 64, {{kT, 1, 2}}, {kY}, {}}});
  CHECK(passing_results(workload)[0]);
  CHECK_FALSE(passing_tensors(workload)[kT]);  // its other slice is not
  std::get<SfuWork>(workload.operations[2].work).inputs = {{kT, 0, 1}};
  CHECK_FALSE(passing_results(workload)[0]);
}

TEST_CASE("Results that can be passed take what room others leave") {
  // t would save as much as kept, which is used in both stages; there is room for one of them.
  Workload workload = product(true);
  workload.tensors.push_back({"kept", kResult / 2, 16, false, kRows});
  const TensorId kept = 4;
  workload.operations.push_back({0, SfuWork{{SfuStep::relu}, kResult / 2, {kY}, {kept}, {}}});
  workload.operations.push_back({1, SfuWork{{SfuStep::relu}, kResult / 2, {kept}, {kY}, {}}});
  const Sharing sharing(workload, 1);
  const Bytes buffer = 16 * 1024;
  PlacementPlan plan = place_tensors(workload, sharing, buffer, buffer + kResult, {1, 1});
  CHECK(plan.of[kept].resident_until == 1);
  CHECK(plan.of[kT].resident_until < 0);
  plan = place_tensors(workload, sharing, buffer, buffer + 2 * kResult, {1, 1});
  CHECK(plan.of[kT].resident_until == 0);
}

}  // namespace nibble
