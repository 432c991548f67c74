// Each conservation law, broken once.
#include "sim/stats/conservation.h"

#include <catch2/catch.hpp>

#include "tests/sim/support/made_up_run.h"
#include "tests/sim/support/random_chip.h"

namespace nibble {
namespace {

using namespace test;

std::string broken_law(const MadeUpRun& at, const ChipConfig& chip = plain_chip()) {
  try {
    (void)collect_statistics(at.made.program(), chip, at.run);
    return "";
  } catch (const std::logic_error& error) {
    return error.what();
  }
}

bool begins_with(const std::string& text, const std::string& start) {
  return text.compare(0, start.size(), start) == 0;
}

constexpr std::uint32_t kTile = 1, kSmallTile = 3;

}  // namespace

TEST_CASE("A sound run breaks no law") { CHECK(broken_law(MadeUpRun()) == ""); }

TEST_CASE("A command that computed one MAC less or more is named with unit and cycle") {
  for (const int change : {-1, 1}) {
    MadeUpRun at;
    at.run.tile_activities[kTile].macs_useful += change;
    CHECK(broken_law(at) == "conservation: command 1 at cycle 10: tile computed " +
                                std::to_string(12 + change) + " MACs of 12");
  }
  MadeUpRun at;
  at.run.tile_activities[kSmallTile].macs_useful = 0;
  CHECK(broken_law(at) == "conservation: command 3 at cycle 45: fp16_tile computed 0 MACs of 9");
}

TEST_CASE("A GEMM that is computed in part or twice is named") {
  MadeUpRun part;
  std::get<TileCommand>(part.made.program().commands[kTile].body).m_end = 11;
  part.run.tile_activities[kTile].macs_useful = 11;
  CHECK(broken_law(part) == "conservation: GEMM 0 of layer: 11 MACs of 12");

  MadeUpRun twice;
  std::get<TileCommand>(twice.made.program().commands[kSmallTile].body).gemm = 0;
  CHECK(broken_law(twice) ==
        "conservation: GEMM 0 of layer: two commands compute the same products");
}

TEST_CASE("Products computed twice are found even where the sum is right") {
  MadeUpRun at;
  // Rows 0..12 and 0..9 of 21: as many MACs as the GEMM has, and nine rows are missing.
  std::get<TileCommand>(at.made.program().commands[kSmallTile].body).gemm = 0;
  at.made.program().gemms[0].lowered.shape.m = 21;
  at.made.program().gemms[1].lowered.shape.m = 0;
  CHECK(broken_law(at) == "conservation: GEMM 0 of layer: two commands compute the same products");
}

TEST_CASE("A cycle without a cause, or with two, breaks busy + stalls = cycles") {
  MadeUpRun longer;  // the array was busy a cycle longer than its activity accounts for
  ++longer.run.commands[kTile].end;
  CHECK(begins_with(broken_law(longer),
                    "conservation: tile in stage layer forward from cycle 0: "
                    "busy + stalls = 79, cycles = 80"));
  MadeUpRun shorter;
  --shorter.run.commands[kTile].end;
  CHECK(begins_with(broken_law(shorter),
                    "conservation: tile in stage layer forward from cycle 0: "
                    "busy + stalls = 81, cycles = 80"));
  MadeUpRun uncounted;
  ++uncounted.run.tile_activities[kTile].streaming;
  CHECK(begins_with(broken_law(uncounted), "conservation: tile in stage"));
}

TEST_CASE("DRAM that moves a byte less in a stage than the DMA asked for is noticed") {
  const std::string asked[] = {
      "", "stage layer forward from cycle 0: DRAM read 1535 bytes, the DMA asked for 1536",
      "stage other update from cycle 80: DRAM wrote 63 bytes, the DMA asked for 64"};
  for (const std::size_t segment : {1U, 2U}) {
    MadeUpRun at;
    DramStatistics less;
    (segment == 1 ? less.bytes_read : less.bytes_written) = -1;
    at.add_dram(segment, less);
    CHECK(broken_law(at) == "conservation: " + asked[segment]);
    ChipConfig ideal = plain_chip();
    ideal.ideal_dram = true;  // nothing moves, so nothing can be said
    CHECK(broken_law(at, ideal) == "");
    // What one stage has too much does not make up for what another lacks.
    DramStatistics more;
    more.bytes_read = more.bytes_written = 1000;
    at.add_dram(3 - segment, more);
    CHECK(broken_law(at) == "conservation: " + asked[segment]);
  }
}

TEST_CASE("Each DRAM count that the stages have not, or twice, is noticed") {
  using Change = void (*)(DramStatistics&);
  const Change changes[] = {
      [](DramStatistics& dram) { ++dram.bytes_read; },
      [](DramStatistics& dram) { ++dram.bytes_written; },
      [](DramStatistics& dram) { ++dram.row_hits; },
      [](DramStatistics& dram) { ++dram.data_bus_busy_clocks; },
      [](DramStatistics& dram) { ++dram.active_clocks; },
      [](DramStatistics& dram) { ++dram.commands.front(); },
      [](DramStatistics& dram) { ++dram.commands.back(); },
  };
  for (const Change change : changes) {
    MadeUpRun lacking, twice;
    change(lacking.run.dram);
    change(twice.run.segment_dram[0]);
    for (const MadeUpRun* at : {&lacking, &twice}) {
      CHECK(begins_with(broken_law(*at), "conservation: DRAM: the stages have "));
    }
  }
  MadeUpRun forgotten;
  forgotten.run.segment_dram.pop_back();
  CHECK(begins_with(broken_law(forgotten), "conservation: DRAM: the stages have "));
}

TEST_CASE("A stage that computes other MACs than its layer has is named") {
  MadeUpRun at;
  ++at.made.program().stages[0].macs;
  CHECK(broken_law(at) == "conservation: stage layer forward: 21 MACs of 22");
}

TEST_CASE("A program that asks for less than the compulsory bytes is noticed") {
  MadeUpRun at;
  at.made.program().compulsory_bytes = 1601;
  CHECK(broken_law(at) == "conservation: DMA moved 1600 bytes, 1601 are compulsory");
}

}  // namespace nibble
