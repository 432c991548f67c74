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

}  // namespace nibble
