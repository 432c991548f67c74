// Transfers against the DRAM engine alone: clock edges, the port, the number of transactions under
// way, and what fences cost.
#include <algorithm>

#include <catch2/catch.hpp>

#include "sim/dram/dram_system.h"
#include "tests/sim/support/chip_child.h"
#include "tests/sim/support/hand_made_program.h"
#include "tests/sim/support/random_chip.h"

namespace nibble {
namespace {

using namespace test;

Picoseconds round_up(Picoseconds time, Picoseconds period) {
  return (time + period - 1) / period * period;
}

/// A read that begins at `now`, one descriptor at a time, with the memory to itself: each is done
/// at the clock edge at which both memory and port are. Returns the end of the last.
Picoseconds end_one_by_one(const ChipConfig& chip, Picoseconds now, Bytes bytes) {
  DramSystem memory{DramConfig(chip.dram)};
  for (Bytes done = 0; done < bytes; done += chip.dma.descriptor_bytes) {
    const Bytes length = std::min(chip.dma.descriptor_bytes, bytes - done);
    const Cycles port = (length + chip.dma.bytes_per_cycle - 1) / chip.dma.bytes_per_cycle;
    const Picoseconds port_done = now + port * chip.clock_period_ps;
    memory.submit(now, done, length, Access::read);
    std::optional<DramCompletion> completion;
    for (Picoseconds time = now; !completion; time += 1000) {
      memory.advance_to(time);
      completion = memory.pop_completion();
    }
    now = round_up(std::max(completion->time_ps, port_done), chip.clock_period_ps);
  }
  return now;
}

/// The first command's end, in picoseconds.
Picoseconds end_of_load(const ChipConfig& chip, Bytes bytes) {
  HandMadeProgram made;
  made.load(0, bytes, 0);
  return run_by_rows(chip, made.program()).run.commands[0].end * chip.clock_period_ps;
}

}  // namespace

TEST_CASE("A read ends at the first clock edge at or after the DRAM's last data beat") {
  // Issued one period after the start; DDR4 samples it at its next clock and needs 48 clocks.
  ChipConfig chip = plain_chip();
  bool exactly_on_an_edge = false, off_an_edge = false;
  for (const std::int64_t period : {400, 500, 625, 777, 1000, 1250, 1333, 15000, 31250, 31251}) {
    INFO("period " << period << " ps");
    chip.clock_period_ps = period;
    const Picoseconds answered = round_up(period, 625) + 48 * 625;
    (answered % period == 0 ? exactly_on_an_edge : off_an_edge) = true;
    CHECK(end_of_load(chip, 64) == round_up(answered, period));
  }
  CHECK(exactly_on_an_edge);
  CHECK(off_an_edge);
}

TEST_CASE("The scratchpad port bounds a transfer from the cycle on in which it is the slower") {
  ChipConfig chip = plain_chip();
  // 64 bytes are answered 31 ns after issue at 1 ns: 32 cycles of 2 bytes are just longer.
  CHECK(end_of_load(chip, 64) == 32'000);
  chip.dma.bytes_per_cycle = 3;  // 22 cycles
  CHECK(end_of_load(chip, 64) == 32'000);
  chip.dma.bytes_per_cycle = 2;  // 32 cycles
  CHECK(end_of_load(chip, 64) == 33'000);
  chip.dma.bytes_per_cycle = 1;
  CHECK(end_of_load(chip, 64) == 65'000);
}

TEST_CASE("One transaction at a time: each descriptor begins when the one before is done") {
  ChipConfig chip = plain_chip();
  chip.dma.outstanding = 1;
  chip.dma.descriptor_bytes = 256;
  for (const Bytes bytes : {1, 255, 256, 257, 512, 513, 2000}) {
    INFO(bytes << " bytes");
    CHECK(end_of_load(chip, bytes) == end_one_by_one(chip, chip.clock_period_ps, bytes));
  }
}

TEST_CASE("As many descriptors as may be outstanding begin together, one more begins later") {
  ChipConfig chip = plain_chip();
  chip.dma.descriptor_bytes = 64;
  chip.dma.bytes_per_cycle = 4096;
  for (const int outstanding : {1, 2, 3, 4}) {
    INFO(outstanding << " outstanding");
    chip.dma.outstanding = outstanding;
    // All in one DRAM row: the engine alone, everything submitted at once.
    const auto together = [&](int descriptors) {
      DramSystem memory{DramConfig(chip.dram)};
      for (int i = 0; i < descriptors; ++i) memory.submit(1000, 64 * i, 64, Access::read);
      memory.advance_to(1'000'000);
      Picoseconds last = 0;
      while (const auto completion = memory.pop_completion()) last = completion->time_ps;
      return round_up(last, 1000);
    };
    CHECK(end_of_load(chip, 64 * outstanding) == together(outstanding));
    CHECK(end_of_load(chip, 64 * (outstanding + 1)) > together(outstanding + 1));
    chip.dma.outstanding = outstanding + 1;
    CHECK(end_of_load(chip, 64 * (outstanding + 1)) == together(outstanding + 1));
  }
}

TEST_CASE("A transfer begins when the one before has handed out its last descriptor") {
  ChipConfig chip = plain_chip();
  chip.dma.outstanding = 2;
  chip.dma.descriptor_bytes = 64;
  HandMadeProgram made;
  made.load(0, 3 * 64, 0);  // the third descriptor begins when the first is done
  made.load(4096, 64, 1024);
  const ChildRun child = run_by_rows(chip, made.program());
  CHECK(child.run.commands[0].begin == 1);
  CHECK(child.run.commands[1].begin == 32);  // as the first of three: see the first case
  CHECK(child.run.commands[1].end >= child.run.commands[0].end);
}

TEST_CASE("Transfers of one direction complete in order") {
  ChipConfig chip = plain_chip();
  chip.dma.outstanding = 8;
  chip.dma.bytes_per_cycle = 4096;
  HandMadeProgram made;
  // A long one that misses its rows, then short hits in an open row.
  made.load(1 << 20, 4096, 0);
  for (Bytes at = 0; at < 6 * 64; at += 64)
    made.load(static_cast<std::uint64_t>(at), 64, 8192 + at);
  const ChildRun child = run_by_rows(chip, made.program());
  for (std::size_t i = 1; i < child.run.commands.size(); ++i) {
    CHECK(child.run.commands[i].end >= child.run.commands[i - 1].end);
  }
}

TEST_CASE("Fences end where the memory alone ends its own, at a common clock edge") {
  for (const std::int64_t period : {500, 777, 1000, 1250}) {
    INFO("period " << period << " ps");
    ChipConfig chip = plain_chip();
    chip.clock_period_ps = period;
    HandMadeProgram made;
    made.fence();
    made.fence();
    made.fence();
    const ChildRun child = run_by_rows(chip, made.program());
    DramSystem memory{DramConfig(chip.dram)};
    Picoseconds now = 0;
    for (const CommandTimes& times : child.run.commands) {
      CHECK(times.begin * period == now);
      now = memory.fence(now, period);
      CHECK(times.end * period == now);
      CHECK(now % 625 == 0);
    }
    // A refresh of every bank, and the way to the common edge.
    const Cycles cost = child.run.commands[2].end - child.run.commands[2].begin;
    CHECK(cost * period >= 576 * 625);
    CHECK(cost == child.run.commands[1].end - child.run.commands[1].begin);
  }
}

TEST_CASE("A fence waits for every command before it, and a stage behind it always takes as long") {
  ChipConfig chip = plain_chip();
  HandMadeProgram made;
  std::vector<std::uint32_t> fences;
  const auto stage = [&](int extra) {
    fences.push_back(made.fence());
    // What was left of the stage before may not matter.
    for (int i = 0; i < 6; ++i) {
      const auto load = made.load(static_cast<std::uint64_t>(i) << 16, 5000, 5000 * (i % 3));
      const auto tile = made.tile(100 + i, {load});
      made.store(0x800000 + (static_cast<std::uint64_t>(i) << 16), 2000, 20000 + 2000 * i, {tile});
    }
    for (int i = 0; i < extra; ++i) made.tile(13 * i);
  };
  for (const int extra : {0, 0, 3, 0, 1}) stage(extra);
  fences.push_back(made.fence());
  const ChildRun child = run_by_rows(chip, made.program());
  std::vector<Cycles> begins;  // of the commands of a stage, from the fence's end
  for (std::size_t s = 0; s + 1 < fences.size(); ++s) {
    const Cycles from = child.run.commands[fences[s]].end;
    Cycles last = 0;
    for (std::uint32_t i = fences[s] + 1; i < fences[s + 1]; ++i) {
      last = std::max(last, child.run.commands[i].end);
    }
    CHECK(child.run.commands[fences[s + 1]].begin == last);
    for (std::uint32_t i = 0; i < 18; ++i) {
      const CommandTimes& times = child.run.commands[fences[s] + 1 + i];
      if (s == 0) begins.push_back(times.begin - from);
      CHECK(times.begin - from == begins[i]);
    }
  }
}

}  // namespace nibble
