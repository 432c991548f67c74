// Stages known from other runs: handed from process to process whole, told apart by all that times
// depend on, and without influence on what a run says.
#include "sim/driver/stage_memo.h"

#include <algorithm>
#include <stdexcept>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "sim/driver/child_process.h"
#include "sim/driver/chip_key.h"
#include "sim/driver/step_simulation.h"
#include "tests/sim/support/random_chip.h"
#include "tests/sim/support/random_network.h"

namespace nibble {
namespace {

using namespace test;

RunStatistics numbered(std::int64_t from) {
  RunStatistics statistics;
  statistics.stages.resize(1);
  statistics.stages[0].begin = from;
  statistics.stages[0].dram.row_hits = from + 1;
  statistics.stages[0].stalls[3] = from + 2;
  statistics.total.actions.link_bytes = from + 3;
  statistics.busy[2] = from + 4;
  statistics.dram.commands[1] = from + 5;
  statistics.memory_links = from + 6;
  return statistics;
}

StageMemo::Key numbered_key(std::uint64_t number) { return {{number, 1}, {2, number}}; }

void check_numbered(const std::optional<RunStatistics>& found, std::int64_t from) {
  REQUIRE(found);
  REQUIRE(found->stages.size() == 1);
  CHECK(found->stages[0].begin == from);
  CHECK(found->stages[0].dram.row_hits == from + 1);
  CHECK(found->stages[0].stalls[3] == from + 2);
  CHECK(found->total.actions.link_bytes == from + 3);
  CHECK(found->busy[2] == from + 4);
  CHECK(found->dram.commands[1] == from + 5);
  CHECK(found->memory_links == from + 6);
}

using Change = void (*)(ChipConfig&);
constexpr UsedArrays kBoth{true, true};

/// A chip with an FP16 tile, and a workload that it holds.
struct Draw {
  ChipConfig chip;
  Workload workload;
};

Draw draw(std::uint64_t seed) {
  Random random(seed);
  Draw draw;
  WorkloadOptions options;
  options.batch = 2;
  draw.workload = build_workload(random_network(random, true), options);
  draw.chip = random_chip(random, ArrayKind::nibble4_and_fp16);
  draw.chip.scratchpad = {256 * 1024, 128 * 1024, 4096};
  return draw;
}

/// "CYCLES STAGES_SIMULATED" of a step in a process of its own; what it adds to the memo comes
/// back.
std::string step(const Draw& at, StageMemo& memo) {
  ChildProcess child([&] {
    StepSimulator simulator(at.chip, &memo);
    const StepResult result = simulator.run(at.workload, {});
    const std::vector<std::uint8_t> added = simulator.memo().bytes();
    return std::to_string(result.statistics.total.cycles()) + " " +
           std::to_string(result.stages_simulated) + "|" + std::string(added.begin(), added.end());
  });
  const std::string answer = child.result();
  const std::size_t bar = answer.find('|');
  memo.add_bytes({answer.begin() + static_cast<std::ptrdiff_t>(bar) + 1, answer.end()});
  return answer.substr(0, bar);
}

}  // namespace

TEST_CASE("What a memo adds goes whole to another, what that knows stays") {
  StageMemo known;
  known.add(numbered_key(1), numbered(100));
  StageMemo memo(10, &known);
  CHECK(memo.bytes().empty());
  memo.add(numbered_key(1), numbered(-100));
  memo.add(numbered_key(2), numbered(200));
  memo.add(numbered_key(3), numbered(300));
  check_numbered(memo.find(numbered_key(1)), 100);
  CHECK(memo.size() == 2);
  CHECK(!known.find(numbered_key(2)));
  StageMemo other;
  other.add(numbered_key(3), numbered(-300));
  other.add_bytes(memo.bytes());
  CHECK(!other.find(numbered_key(1)));
  check_numbered(other.find(numbered_key(2)), 200);
  check_numbered(other.find(numbered_key(3)), -300);
  CHECK(other.size() == 2);
  std::vector<std::uint8_t> cut = memo.bytes();
  cut.pop_back();
  CHECK_THROWS_AS(other.add_bytes(cut), std::logic_error);
  RunStatistics several = numbered(0);
  several.stages.resize(2);
  CHECK_THROWS_AS(memo.add(numbered_key(9), several), std::logic_error);
  memo.clear();
  CHECK(!memo.find(numbered_key(2)));
  check_numbered(memo.find(numbered_key(1)), 100);
  CHECK(memo.size() == 0);
}

TEST_CASE("A child finds what its parent adds while it runs, and keeps it when the parent clears") {
  StageMemo memo;
  memo.add(numbered_key(1), numbered(100));
  int ready[2], told[2];
  REQUIRE((pipe(ready) == 0 && pipe(told) == 0));
  ChildProcess child([&] {
    const StageMemo own(10, &memo);
    char byte = own.find(numbered_key(1)) && !own.find(numbered_key(2)) ? 'y' : 'n';
    std::string answer(1, byte);
    if (write(ready[1], &byte, 1) != 1 || read(told[0], &byte, 1) != 1) return std::string("pipe");
    for (const std::uint64_t number : {1, 2}) {
      const std::optional<RunStatistics> found = own.find(numbered_key(number));
      const auto begin = static_cast<Cycles>(100 * number);
      answer += found && found->stages[0].begin == begin ? 'y' : 'n';
    }
    return answer;
  });
  char byte = 0;
  REQUIRE(read(ready[0], &byte, 1) == 1);
  memo.add(numbered_key(2), numbered(200));
  memo.clear();
  REQUIRE(write(told[1], &byte, 1) == 1);
  CHECK(child.result() == "yyy");
  CHECK(!memo.find(numbered_key(1)));
}

TEST_CASE("Whoever sees a stage sees it whole, while its parent adds others") {
  constexpr std::int64_t kMany = 100'000;
  StageMemo memo(kMany);
  ChildProcess child([&] {
    const StageMemo own(10, &memo);
    std::int64_t number = 0;
    while (number < kMany) {  // the latest that is there, each as soon as it is
      const auto found = own.find(numbered_key(static_cast<std::uint64_t>(number)));
      if (!found) continue;
      const bool is_whole = found->stages[0].begin == number && found->memory_links == number + 6 &&
                            found->dram.commands[1] == number + 5;
      if (!is_whole) return "stage " + std::to_string(number) + " is not whole";
      ++number;
    }
    return std::string("all are whole");
  });
  for (std::int64_t i = 0; i < kMany; ++i) {
    memo.add(numbered_key(static_cast<std::uint64_t>(i)), numbered(i));
  }
  CHECK(child.result() == "all are whole");
}

TEST_CASE("A full memo takes no more and finds all it has") {
  constexpr std::uint64_t kMost = 5000;
  StageMemo memo(kMost);
  for (std::uint64_t i = 0; i < kMost; ++i) {
    CHECK(!memo.is_full());
    memo.add(numbered_key(i), numbered(static_cast<std::int64_t>(i)));
  }
  CHECK(memo.is_full());
  memo.add(numbered_key(kMost), numbered(0));
  CHECK(!memo.find(numbered_key(kMost)));
  for (std::uint64_t i = 0; i < kMost; i += 97) {
    check_numbered(memo.find(numbered_key(i)), static_cast<std::int64_t>(i));
  }
}

TEST_CASE("A chip's key tells apart all that times depend on, and nothing else") {
  Random random(1);
  const ChipConfig chip = random_chip(random, ArrayKind::nibble4_and_fp16);
  const Change changes[] = {[](ChipConfig& c) { c.clock_period_ps += 1; },
                            [](ChipConfig& c) { c.cores += 1; },
                            [](ChipConfig& c) { c.ring.hop_cycles += 1; },
                            [](ChipConfig& c) { c.link.bytes_per_cycle += 0.5; },
                            [](ChipConfig& c) { c.tile.lanes += 1; },
                            [](ChipConfig& c) { c.tile.tiles += 1; },
                            [](ChipConfig& c) { c.tile.precision = TilePrecision::fp16; },
                            [](ChipConfig& c) { c.fp16_tile->acc_rows += 1; },
                            [](ChipConfig& c) { c.sfu.step_cycles.back() += 1; },
                            [](ChipConfig& c) { c.dma.outstanding += 1; },
                            [](ChipConfig& c) { c.queue_entries += 1; },
                            [](ChipConfig& c) { c.dram.timing.trefi += 1; },
                            [](ChipConfig& c) { c.dram.channels += 1; },
                            [](ChipConfig& c) { c.ideal_dram = !c.ideal_dram; },
                            [](ChipConfig& c) { c.ideal_sfu = !c.ideal_sfu; },
                            [](ChipConfig& c) { c.ideal_ring = !c.ideal_ring; },
                            [](ChipConfig& c) { c.ideal_array = !c.ideal_array; }};
  std::vector<Key128> keys{chip_key(chip, kBoth)};
  for (const Change change : changes) {
    ChipConfig other = chip;
    change(other);
    keys.push_back(chip_key(other, kBoth));
  }
  std::sort(keys.begin(), keys.end());
  CHECK(std::adjacent_find(keys.begin(), keys.end()) == keys.end());

  ChipConfig renamed = chip;
  renamed.name += "_2";
  renamed.silicon.given_ratio = 3;
  renamed.energy_file += "_2";
  renamed.dram.energy.read_pj += 1;
  CHECK(chip_key(renamed, kBoth) == chip_key(chip, kBoth));
  // Nor on arrays that the stage does not use.
  ChipConfig other = chip;
  other.tile.lanes += 1;
  CHECK(chip_key(other, {false, true}) == chip_key(chip, {false, true}));
  CHECK(chip_key(other, {true, false}) != chip_key(chip, {true, false}));
  other = chip;
  other.fp16_tile->cols += 1;
  CHECK(chip_key(other, {true, false}) == chip_key(chip, {true, false}));
  CHECK(chip_key(chip, {true, false}) != chip_key(chip, {false, false}));
}

TEST_CASE("A stage uses the arrays that it has commands for") {
  Program stage;
  CHECK(!used_arrays(stage).tile);
  stage.commands.resize(3);
  for (Command& command : stage.commands) command.unit = Unit::sfu;
  stage.commands[1].unit = Unit::fp16_tile;
  CHECK(!used_arrays(stage).tile);
  CHECK(used_arrays(stage).fp16_tile);
  stage.commands[2].unit = Unit::tile;
  CHECK(used_arrays(stage).tile);
}

TEST_CASE("A step that finds its stages in a memo says the same, and adds nothing") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    INFO("seed " << seed);
    const Draw at = draw(seed);
    StageMemo none, memo;
    const std::string alone = step(at, none);
    CHECK(step(at, memo) == alone);
    const std::size_t known = memo.size();
    CHECK(known > 0);
    CHECK(step(at, memo) == alone);
    CHECK(memo.size() == known);
    // Another chip finds none of them.
    Draw slower = at;
    slower.chip.queue_entries = at.chip.queue_entries + 1;
    (void)step(slower, memo);
    CHECK(memo.size() == 2 * known);
  }
}

TEST_CASE("Chips with other arrays and scratchpads share stages, and say what they say alone") {
  std::size_t shared = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    INFO("seed " << seed);
    const Draw at = draw(seed);
    Draw other = at;
    other.chip.tile.lanes = at.chip.tile.lanes == 64 ? 32 : 64;
    other.chip.fp16_tile->lanes *= 2;
    other.chip.scratchpad.bytes *= seed % 2 == 0 ? 2 : 1;
    StageMemo none, nothing, memo;
    const std::string alone = step(at, none);
    const std::string other_alone = step(other, nothing);
    CHECK(step(at, memo) == alone);
    CHECK(step(other, memo) == other_alone);
    shared += none.size() + nothing.size() - memo.size();
  }
  CHECK(shared > 0);
}

}  // namespace nibble
