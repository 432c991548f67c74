// Chips of several cores: what goes over the ring, who deals out commands, and segments that know
// nothing of each other.
#include <algorithm>

#include <catch2/catch.hpp>

#include "tests/sim/support/chip_child.h"
#include "tests/sim/support/hand_made_program.h"
#include "tests/sim/support/random_chip.h"
#include "tests/sim/support/random_network.h"

namespace nibble {
namespace {

using namespace test;

ChipConfig chip_of(int cores) {
  ChipConfig chip = plain_chip();
  chip.cores = cores;
  chip.ring = {32, 3, 1};
  return chip;
}

}  // namespace

TEST_CASE("Each core issues its own commands, one a cycle from cycle 1 on") {
  HandMadeProgram made;
  std::vector<std::uint32_t> commands;
  for (const int core : {0, 1, 0, 2, 1, 0}) {
    made.on(core);
    const Unit units[] = {Unit::tile, Unit::fp16_tile};
    commands.push_back(made.tile(50, {}, {}, units[commands.size() / 4]));
  }
  const ChildRun child = run_by_rows(chip_of(3), made.program());
  const Cycles begins[] = {1, 1, 51, 1, 2, 3};
  for (std::size_t i = 0; i < commands.size(); ++i) {
    INFO("command " << i);
    CHECK(child.run.commands[commands[i]].begin == begins[i]);
  }
}

TEST_CASE("A full queue holds up its own core only") {
  ChipConfig chip = chip_of(2);
  chip.queue_entries = 1;
  HandMadeProgram made;
  for (int i = 0; i < 3; ++i) made.tile(100);
  const auto behind = made.sfu(16);
  made.on(1);
  const auto beside = made.sfu(16);
  const ChildRun child = run_by_rows(chip, made.program());
  CHECK(child.run.commands[behind].begin == 102);
  CHECK(child.run.commands[beside].begin == 1);
}

TEST_CASE("A token crosses from core to core in the cycle in which it is put") {
  HandMadeProgram made;
  const auto tile = made.tile(10);
  made.on(1);
  const auto sfu = made.sfu(16, {tile});
  const ChildRun child = run_by_rows(chip_of(2), made.program());
  CHECK(child.run.commands[sfu].begin == 11);
}

TEST_CASE("A ring command takes its bytes and its hops, and a second one on its links waits") {
  for (const Bytes bytes : {31, 32, 33, 640}) {
    INFO(bytes << " bytes");
    HandMadeProgram made;
    made.on(1);
    const auto first = made.ring(0, bytes, 8192, {1});
    made.on(2);
    made.sfu(16);                                     // so that the next is offered a cycle later
    const auto second = made.ring(0, 32, 8192, {2});  // over the link of the first
    made.on(3);
    const auto third = made.ring(2, 32, 8192, {3});
    const ChildRun child = run_by_rows(chip_of(5), made.program());
    const Cycles length = (bytes + 31) / 32;
    CHECK(child.run.commands[first].begin == 1);
    CHECK(child.run.commands[first].end == 1 + 3 + length);
    CHECK(child.run.commands[second].end == 1 + length + 2 * 3 + 1);
    CHECK(child.run.commands[third].end == 1 + 3 + 1);
  }
}

TEST_CASE("A load crosses the ring behind the DRAM, a store before it") {
  for (const Bytes bytes : {64, 256, 1024}) {
    INFO(bytes << " bytes");
    // One descriptor; core 1 of 4 is two hops from the memory either way round.
    HandMadeProgram loads;
    loads.on(1);
    const auto load = loads.load(0, bytes, 0);
    HandMadeProgram alone;
    const auto alone_load = alone.load(0, bytes, 0);
    const Cycles crossing = 2 * 3 + (bytes + 31) / 32;
    const Cycles without = run_by_rows(plain_chip(), alone.program()).run.commands[alone_load].end;
    CHECK(run_by_rows(chip_of(4), loads.program()).run.commands[load].end == without + crossing);

    ChipConfig ideal = chip_of(4);
    ideal.ideal_ring = true;
    CHECK(run_by_rows(ideal, loads.program()).run.commands[load].end == without);

    // The DRAM sees the store `crossing` cycles later: as if it had been issued then. (The port
    // works meanwhile, so it is made too fast to matter.)
    ChipConfig plain = plain_chip(), ringed = chip_of(4);
    plain.dma.bytes_per_cycle = ringed.dma.bytes_per_cycle = 4096;
    HandMadeProgram stores, late;
    stores.on(1);
    const auto store = stores.store(0, bytes, 0);
    const auto wait = late.tile(crossing);
    const auto late_store = late.store(0, bytes, 0, {wait});
    const ChildRun other = run_by_rows(plain, late.program());
    REQUIRE(other.run.commands[late_store].begin == 1 + crossing);
    CHECK(run_by_rows(ringed, stores.program()).run.commands[store].end ==
          other.run.commands[late_store].end);
  }
}

TEST_CASE("A multicast load reads the DRAM once and ends at the farthest receiver") {
  HandMadeProgram one, many;
  one.on(1);
  const auto farthest = one.load(0, 512, 0);
  const auto all = many.multicast(0, 512, 0, {0, 1, 2, 3});
  const ChildRun single = run_by_rows(chip_of(4), one.program());
  const ChildRun multicast = run_by_rows(chip_of(4), many.program());
  CHECK(multicast.run.commands[all].end == single.run.commands[farthest].end);
  CHECK(multicast.run.dram.bytes_read == single.run.dram.bytes_read);
}

TEST_CASE("With a memory stop for each two cores a load is one hop away, and so are its copies") {
  ChipConfig chip = chip_of(4);
  chip.ring.memory_stops = 2;  // behind core 1 and behind core 3: every core is beside one
  HandMadeProgram alone, many;
  const auto single = alone.load(0, 512, 0);
  const auto all = many.multicast(0, 512, 0, {0, 1, 2, 3});
  const Cycles without = run_by_rows(plain_chip(), alone.program()).run.commands[single].end;
  const ChildRun multicast = run_by_rows(chip, many.program());
  CHECK(multicast.run.commands[all].end == without + 3 + 512 / 32);
  CHECK(multicast.run.dram.bytes_read == 512);
}

TEST_CASE("Stores of cores that enter the memory at different stops do not wait for each other") {
  const auto last_end = [](int memory_stops) {
    ChipConfig chip = chip_of(8);
    chip.ring.bytes_per_cycle = 1;  // nothing else takes as long
    chip.ring.memory_stops = memory_stops;
    HandMadeProgram made;
    for (int core = 0; core < 8; ++core) {
      made.on(core);
      made.store(std::uint64_t{65536} * core, 4096, 0);
    }
    return run_by_rows(chip, made.program()).run.cycles;
  };
  // Two links enter a stop, and each takes the stores of four, two or one of the cores, one after
  // the other; then the DRAM takes the last.
  constexpr Cycles kStore = 4096, kRest = 400;
  for (const int memory_stops : {1, 2, 4}) {
    INFO(memory_stops << " memory stops");
    const Cycles crossing = 4 / memory_stops * kStore;
    CHECK(last_end(memory_stops) > crossing);
    CHECK(last_end(memory_stops) < crossing + kRest);
  }
}

TEST_CASE("The scratchpad of each core is its own") {
  HandMadeProgram apart, same;
  apart.tile(100, {}, {{0, 64, true, 0}});
  apart.on(1);
  apart.tile(100, {}, {{0, 64, true, 1}});
  CHECK_NOTHROW(run_by_rows(chip_of(2), apart.program()));
  same.tile(100, {}, {{0, 64, true, 0}});
  same.on(1);
  same.ring(0, 64, 0, {1});
  CHECK_THROWS_WITH(run_by_rows(chip_of(2), same.program()),
                    Catch::Contains("scratchpad race: command 1 (ring) reads bytes 0..64"));
}

TEST_CASE("A segment takes the same times alone, among others and in any order") {
  std::size_t segments = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    ChipConfig chip = random_chip(random, ArrayKind::nibble4_and_fp16, 4);
    WorkloadOptions options;
    options.batch = pick(random, 1, 3);
    const Workload workload = build_workload(random_network(random, true), options);
    fit_buffers(random, workload, chip);
    const Program program = compile(workload, target_of(chip));
    std::vector<Segment> order;
    for (std::uint32_t at = 0; at < program.commands.size(); at = order.back().end) {
      order.push_back(segment_at(program, at));
    }
    segments += order.size();
    ChipRun whole = run_timing(chip, program).run;
    // Times from the begin of each segment, which is the end of the one before.
    Cycles begin = 0;
    for (const Segment& segment : order) {
      const Cycles end = whole.commands[segment.end - 1].end;
      for (std::uint32_t i = segment.begin; i < segment.end; ++i) {
        whole.commands[i].begin -= begin;
        whole.commands[i].end -= begin;
      }
      begin = end;
    }
    CHECK(difference(program, whole, run_segments(chip, program, order).run) == "");
    std::reverse(order.begin(), order.end());
    CHECK(difference(program, whole, run_segments(chip, program, order).run) == "");
    for (int alone = 0; alone < 3; ++alone) {
      const auto which =
          static_cast<std::size_t>(pick(random, 0, static_cast<std::int64_t>(order.size()) - 1));
      const ChipRun run = run_segments(chip, program, {order[which]}).run;
      CHECK(run.cycles == whole.commands[order[which].end - 1].end);
      for (std::uint32_t i = order[which].begin; i < order[which].end; ++i) {
        CHECK(run.commands[i].begin == whole.commands[i].begin);
        CHECK(run.commands[i].end == whole.commands[i].end);
      }
    }
  }
  CHECK(segments > 100);
}

}  // namespace nibble
