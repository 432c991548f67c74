// The exchange of gradients between data-parallel chips, against closed forms.
#include <catch2/catch.hpp>

#include "sim/chip/link_timing.h"
#include "sim/stats/run_statistics.h"
#include "tests/sim/support/chip_child.h"
#include "tests/sim/support/hand_made_program.h"
#include "tests/sim/support/random_chip.h"
#include "tests/sim/support/random_network.h"

namespace nibble {

using namespace test;

TEST_CASE("An exchange takes the cycles of a ring all-reduce over its group, exactly") {
  struct Case {
    int workers;
    std::int64_t half_bytes_per_cycle;  // the link's rate, in halves
    Cycles latency;
    Bytes bytes;
  };
  for (const Case& at : {Case{4, 16, 50, 1600}, Case{2, 1, 0, 1}, Case{2, 1, 7, 64},
                         Case{3, 5, 1, 1000}, Case{5, 16, 100, 4099}, Case{7, 2000, 3, 123456}}) {
    INFO(at.workers << " workers, " << at.bytes << " bytes");
    ChipConfig chip = plain_chip();
    chip.link = {at.workers, static_cast<double>(at.half_bytes_per_cycle) / 2, at.latency};
    HandMadeProgram made;
    const auto first = made.link(at.bytes);
    const auto next = made.link(at.bytes);  // a later piece of the same exchange
    std::get<LinkTransfer>(made.program().commands[next].body).first = false;
    const ChildRun child = run_by_rows(chip, made.program());
    // 2 (W-1) messages; (W-1)/W of the bytes go out twice, in whole cycles.
    const std::int64_t most = at.workers * at.half_bytes_per_cycle;
    const Cycles moving = (4 * (at.workers - 1) * at.bytes + most - 1) / most;
    const auto cycles = [&](std::uint32_t command) {
      return child.run.commands[command].end - child.run.commands[command].begin;
    };
    CHECK(cycles(first) == 2 * (at.workers - 1) * at.latency + moving);
    CHECK(cycles(next) == moving);
    CHECK(child.run.commands[next].begin == child.run.commands[first].end);  // one at a time
  }
}

TEST_CASE("A chip alone in its group exchanges nothing") {
  ChipConfig chip = plain_chip();
  chip.link = {1, 8.0, 50};
  HandMadeProgram made;
  const auto link = made.link(1600);
  const ChildRun child = run_by_rows(chip, made.program());
  CHECK(child.run.commands[link].end == child.run.commands[link].begin);
}

TEST_CASE("Gradients that are exchanged take the link's closed form, no more and no less") {
  constexpr Cycles kStart = 2;  // until a stage's first command begins
  std::int64_t exchanges = 0;
  for (std::uint64_t seed = 200; seed < 212; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    WorkloadOptions options;
    options.batch = 2;
    const Workload workload = build_workload(random_network(random, true), options);
    // Of the rest only the arrays take time, and no fence rounds it up.
    ChipConfig chip = random_chip(random, ArrayKind::nibble4_and_fp16);
    chip.ideal_dram = chip.ideal_sfu = true;
    chip.ideal_ring = false;
    chip.link = {4, 8.0, 100};
    fit_buffers(random, workload, chip);
    const Program program = compile(workload, target_of(chip));
    const ChipRun run = run_timing(chip, program).run;
    const RunStatistics statistics = collect_statistics(program, chip, run);
    std::vector<Cycles> exchange(program.stages.size()), others(program.stages.size());
    for (std::size_t i = 0; i < program.commands.size(); ++i) {
      const Command& command = program.commands[i];
      others[command.stage] += 1 + run.tile_activities[i].cycles;  // one a cycle is dealt out
      const auto* link = std::get_if<LinkTransfer>(&command.body);
      if (link == nullptr) continue;
      exchange[command.stage] += link_cycles(*link, chip.link);
      ++exchanges;
    }
    for (std::size_t stage = 0; stage < exchange.size(); ++stage) {
      if (exchange[stage] == 0) continue;
      INFO("stage " << program.stages[stage].layer << " " << program.stages[stage].pass);
      const Cycles cycles = statistics.stages[stage].cycles();
      CHECK(cycles >= exchange[stage]);
      CHECK(cycles <= exchange[stage] + others[stage] + kStart);
    }
  }
  CHECK(exchanges > 50);
}

}  // namespace nibble
