// The chip at the edges of its timing: one cycle before and at the moment something becomes
// possible. Tile commands take as many cycles as they have rows, SFU commands one cycle for 16
// elements, and the sequencer issues one command a cycle from cycle 1 on.
#include <catch2/catch.hpp>

#include "tests/sim/support/chip_child.h"
#include "tests/sim/support/hand_made_program.h"
#include "tests/sim/support/random_chip.h"

extern "C" int sc_main(int /*argc*/, char** /*argv*/) { return 0; }

namespace nibble {
namespace {

using namespace test;

std::string fault_of(const ChipConfig& chip, const Program& program) {
  try {
    (void)run_by_rows(chip, program);
    return "";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("A command begins in the cycle in which its last token arrives") {
  for (const std::int64_t rows : {0, 1, 2, 3, 10}) {
    INFO("the tile runs for " << rows << " cycles");
    HandMadeProgram made;
    const auto first = made.tile(rows);
    made.sfu(16, {first});
    const ChildRun child = run_by_rows(plain_chip(), made.program());
    CHECK(child.run.commands[0].begin == 1);
    CHECK(child.run.commands[0].end == 1 + rows);
    CHECK(child.run.commands[1].begin == std::max<Cycles>(2, 1 + rows));
    CHECK(child.run.commands[1].end == child.run.commands[1].begin + 1);
  }
}

TEST_CASE("A command waits for the latest of several tokens") {
  HandMadeProgram made;
  const auto tile = made.tile(20);
  const auto small = made.tile(31, {}, {}, Unit::fp16_tile);
  const auto load = made.load(0, 64, 0);  // 48 DRAM clocks of 0.625 ns and the edge: 1250 -> 33 ns
  made.sfu(16, {tile, small, load});
  const ChildRun child = run_by_rows(plain_chip(), made.program());
  CHECK(child.run.commands[tile].end == 21);
  CHECK(child.run.commands[small].end == 33);
  CHECK(child.run.commands[load].begin == 3);
  const Cycles latest = std::max<Cycles>(33, child.run.commands[load].end);
  CHECK(child.run.commands[3].begin == latest);
}

TEST_CASE("Units run their commands in order, one at a time, side by side with other units") {
  HandMadeProgram made;
  for (int i = 0; i < 4; ++i) made.tile(10);
  for (int i = 0; i < 4; ++i) made.sfu(160);
  const ChildRun child = run_by_rows(plain_chip(), made.program());
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(child.run.commands[i].begin == 1 + static_cast<Cycles>(10 * i));
    CHECK(child.run.commands[4 + i].begin == 5 + static_cast<Cycles>(10 * i));
  }
}

TEST_CASE("The sequencer stops at a full queue and goes on when a command leaves it") {
  ChipConfig chip = plain_chip();
  chip.queue_entries = 3;
  // One runs, three wait: the fifth has to wait for the end of the first.
  for (const int tiles : {4, 5}) {
    HandMadeProgram made;
    for (int i = 0; i < tiles; ++i) made.tile(100);
    const auto sfu = made.sfu(16);
    const ChildRun child = run_by_rows(chip, made.program());
    CHECK(child.run.commands[sfu].begin == (tiles == 4 ? 5 : 102));
  }
}

TEST_CASE("A full queue holds up commands of other units behind it only") {
  ChipConfig chip = plain_chip();
  chip.queue_entries = 1;
  HandMadeProgram made;
  made.tile(50);
  made.tile(50);
  const auto before = made.sfu(16);  // issued while one tile command waits
  made.tile(50);
  const auto behind = made.sfu(16);
  const ChildRun child = run_by_rows(chip, made.program());
  CHECK(child.run.commands[before].begin == 3);
  CHECK(child.run.commands[behind].begin == 52);
}

TEST_CASE("Two commands that use the same bytes at one time are a race, naming both") {
  // The tile writes bytes 100..200 during cycles 1..11; the SFU is issued in cycle 1 + fillers.
  const auto made = [](int fillers, Bytes begin, bool write) {
    HandMadeProgram program;
    program.tile(10, {}, {{100, 200, true}});
    for (int i = 1; i < fillers; ++i) program.tile(1, {}, {}, Unit::fp16_tile);
    program.sfu(16, {}, {{begin, begin + 50, write}});
    return program;
  };
  CHECK(contains(fault_of(plain_chip(), made(9, 150, false).program()),
                 "scratchpad race: command 9 (sfu) reads bytes 150..200 while command 0 (tile) "
                 "uses 100..200"));
  CHECK(fault_of(plain_chip(), made(10, 150, false).program()) == "");  // begins when it ends
  CHECK(contains(fault_of(plain_chip(), made(1, 150, true).program()), "(sfu) writes bytes"));
  CHECK(contains(fault_of(plain_chip(), made(1, 199, false).program()), "scratchpad race"));
  CHECK(fault_of(plain_chip(), made(1, 200, true).program()) == "");
  CHECK(contains(fault_of(plain_chip(), made(1, 51, false).program()), "scratchpad race"));
  CHECK(fault_of(plain_chip(), made(1, 50, true).program()) == "");
}

TEST_CASE("A load without a token races with the reader of the bytes it fills") {
  HandMadeProgram made;
  made.load(0, 256, 1000);
  made.tile(5, {}, {{1100, 1101, false}});
  CHECK(contains(fault_of(plain_chip(), made.program()),
                 "scratchpad race: command 1 (tile) reads bytes 1100..1101 while command 0 "
                 "(dma_load) uses 1000..1256"));
  made.program().commands[1].waits = {0};
  CHECK(fault_of(plain_chip(), made.program()) == "");
}

TEST_CASE("Two readers of the same bytes are no race") {
  HandMadeProgram made;
  made.tile(10, {}, {{0, 64, false}});
  made.sfu(16, {}, {{0, 64, false}});
  CHECK(fault_of(plain_chip(), made.program()) == "");
}

TEST_CASE("A range beyond the scratchpad's last byte is refused") {
  const Bytes size = plain_chip().scratchpad.bytes;
  for (const Bytes end : {size, size + 1}) {
    HandMadeProgram made;
    made.sfu(16, {}, {{size - 8, end, true}});
    CHECK(contains(fault_of(plain_chip(), made.program()), "scratchpad range") == (end > size));
  }
}

TEST_CASE("The watchdog says who waits for whom") {
  HandMadeProgram made;
  made.tile(5);
  made.tile(5, {2});  // a token that points forwards
  made.sfu(16, {3});
  made.load(0, 64, 0, {1});
  CHECK(contains(fault_of(plain_chip(), made.program()),
                 "watchdog: cycle 6: 3 of 4 commands never completed; tile of core 0 waits at "
                 "command 1 for sfu of core 0 (command 2); sfu of core 0 waits at command 2 for "
                 "dma_load of core 0 (command 3); dma_load of core 0 waits at command 3 for tile "
                 "of core 0 (command 1)"));
}

TEST_CASE("A command that waits for one behind a full queue is reported, not waited for forever") {
  ChipConfig chip = plain_chip();
  chip.queue_entries = 1;
  HandMadeProgram made;
  made.tile(5, {3});
  made.tile(5);
  made.tile(5);
  made.sfu(16);  // never issued
  CHECK(contains(fault_of(chip, made.program()),
                 "tile of core 0 waits at command 0 for sfu of core 0 (command 3)"));
}

TEST_CASE("With an ideal SFU its commands take no time, and everything else what it takes") {
  ChipConfig chip = plain_chip();
  chip.ideal_sfu = true;
  HandMadeProgram made;
  const auto tile = made.tile(10);
  const auto sfu = made.sfu(1 << 20, {tile});
  made.tile(10, {sfu});
  const ChildRun child = run_by_rows(chip, made.program());
  CHECK(child.run.commands[1].begin == 11);
  CHECK(child.run.commands[1].end == 11);
  CHECK(child.run.commands[2].begin == 11);
  CHECK(child.run.cycles == 21);
}

TEST_CASE("With an ideal DRAM transfers and fences take no time") {
  ChipConfig chip = plain_chip();
  chip.ideal_dram = true;
  HandMadeProgram made;
  made.fence();
  const auto load = made.load(0, 32768, 0);
  const auto tile = made.tile(10, {load});
  const auto store = made.store(65536, 32768, 0, {tile});
  made.fence();
  const ChildRun child = run_by_rows(chip, made.program());
  CHECK(child.run.commands[load].begin == child.run.commands[load].end);
  CHECK(child.run.commands[tile].begin == 2);
  CHECK(child.run.commands[store].end == 12);
  CHECK(child.run.commands[4].end == 12);
  CHECK(child.run.dram.bytes_read == 0);
}

TEST_CASE("The same program takes the same times twice") {
  HandMadeProgram made;
  made.fence();
  for (int i = 0; i < 20; ++i) {
    const auto load = made.load(static_cast<std::uint64_t>(i) * 8192, 3000, 3000 * (i % 4));
    const auto tile = made.tile(17 * i % 50, {load});
    made.store(1 << 20, 500, 20000 + 500 * (i % 4), {tile});
  }
  made.fence();
  const ChildRun once = run_by_rows(plain_chip(), made.program());
  const ChildRun twice = run_by_rows(plain_chip(), made.program());
  CHECK(difference(made.program(), once.run, twice.run) == "");
}

}  // namespace nibble
