// Where the array's cycles went, on a timeline whose answer is known.
#include <catch2/catch.hpp>

#include "sim/stats/run_statistics.h"
#include "tests/sim/support/made_up_run.h"
#include "tests/sim/support/random_chip.h"

extern "C" int sc_main(int /*argc*/, char** /*argv*/) { return 0; }

namespace nibble {
namespace {

using namespace test;

Cycles stalled(const StageStatistics& stage, StallCause cause) {
  return stage.stalls[static_cast<std::size_t>(cause)];
}

}  // namespace

TEST_CASE("Every cycle of a known timeline is put to its cause") {
  const MadeUpRun at;
  const RunStatistics statistics = collect_statistics(at.made.program(), plain_chip(), at.run);
  REQUIRE(statistics.stages.size() == 2);
  const StageStatistics& first = statistics.stages[0];
  CHECK(first.begin == 0);
  CHECK(first.end == 80);
  CHECK(first.streaming == 14);
  CHECK(stalled(first, StallCause::weight_load) == 4);
  CHECK(stalled(first, StallCause::fill_drain) == 2);
  CHECK(stalled(first, StallCause::token) == 5 + 10);
  CHECK(stalled(first, StallCause::dram) == 5 + 10);
  CHECK(stalled(first, StallCause::sfu) == 15);
  CHECK(stalled(first, StallCause::fp16_tile) == 15);
  CHECK(stalled(first, StallCause::ring) == 0);
  const StageStatistics& second = statistics.stages[1];
  CHECK(second.begin == 80);
  CHECK(second.end == 110);
  CHECK(second.streaming == 0);
  CHECK(stalled(second, StallCause::token) == 25);
  CHECK(stalled(second, StallCause::sfu) == 5);
  CHECK(stalled(second, StallCause::dram) == 0);
  CHECK(stalled(statistics.total, StallCause::token) == 40);
  CHECK(stalled(statistics.total, StallCause::sfu) == 20);
  CHECK(statistics.total.streaming == 14);
}

TEST_CASE("A unit is busy while at least one of its commands is under way") {
  const MadeUpRun at;
  const RunStatistics statistics = collect_statistics(at.made.program(), plain_chip(), at.run);
  const auto busy = [&](Unit unit) { return statistics.busy[static_cast<std::size_t>(unit)]; };
  CHECK(busy(Unit::sequencer) == 5 + 10 + 10);
  CHECK(busy(Unit::tile) == 20);
  CHECK(busy(Unit::fp16_tile) == 15);
  CHECK(busy(Unit::sfu) == 30 + 5);
  CHECK(busy(Unit::dma_load) == 65);  // 5..12 and 8..70 overlap
  CHECK(busy(Unit::dma_store) == 0);
}

TEST_CASE("A core is stalled by its own units, and idle once it is done while others work") {
  // Two cores, 100 cycles: core 0 streams 10..40, core 1 copies 0..20 over the ring, streams 20..60
  // and runs its SFU 60..90; the fence takes 90..100.
  HandMadeProgram made;
  ChipRun run;
  const auto ran = [&run](std::uint32_t command, Cycles begin, Cycles end) {
    run.commands.push_back({begin, end});
    return command;
  };
  std::vector<std::pair<std::uint32_t, Cycles>> tiles;
  tiles.emplace_back(ran(made.tile(30), 10, 40), 30);
  made.on(1);
  ran(made.ring(0, 64, 0, {1}), 0, 20);
  tiles.emplace_back(ran(made.tile(40), 20, 60), 40);
  ran(made.sfu(16), 60, 90);
  made.on(0);
  ran(made.fence(), 90, 100);
  run.cycles = 100;
  run.tile_activities.resize(run.commands.size());
  for (const auto& [command, cycles] : tiles) {
    TileActivity& activity = run.tile_activities[command];
    activity.cycles = activity.streaming = activity.macs_useful = cycles;
  }
  ChipConfig chip = plain_chip();
  chip.cores = 2;
  const RunStatistics statistics = collect_statistics(made.program(), chip, run);
  const StageStatistics& stage = statistics.stages.front();
  CHECK(stage.streaming == 30 + 40);
  CHECK(stalled(stage, StallCause::ring) == 20);        // core 1, 0..20
  CHECK(stalled(stage, StallCause::sfu) == 30);         // core 1, 60..90
  CHECK(stalled(stage, StallCause::idle) == 50);        // core 0, 40..90
  CHECK(stalled(stage, StallCause::token) == 10 + 20);  // core 0, 0..10; the fence in both
  CHECK(stalled(stage, StallCause::dram) == 0);
  CHECK(statistics.busy[static_cast<std::size_t>(Unit::tile)] == 70);
  CHECK(statistics.busy[static_cast<std::size_t>(Unit::ring)] == 20);
  // 64 bytes over one link.
  CHECK(stage.actions.ring_byte_hops == 64);
}

TEST_CASE("A core without a command of the stage is idle from its begin") {
  HandMadeProgram made;
  made.on(1);
  made.sfu(16);
  ChipRun run;
  run.commands = {{5, 25}};
  run.cycles = 25;
  run.tile_activities.resize(1);
  ChipConfig chip = plain_chip();
  chip.cores = 2;
  const RunStatistics statistics = collect_statistics(made.program(), chip, run);
  CHECK(stalled(statistics.total, StallCause::idle) == 25);
  CHECK(stalled(statistics.total, StallCause::sfu) == 20);
  CHECK(stalled(statistics.total, StallCause::token) == 5);
}

}  // namespace nibble
