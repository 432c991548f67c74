// What is counted, on the known run and on runs of random networks.
#include "sim/stats/run_statistics.h"

#include <numeric>

#include <catch2/catch.hpp>

#include "tests/sim/support/chip_child.h"
#include "tests/sim/support/made_up_run.h"
#include "tests/sim/support/random_chip.h"
#include "tests/sim/support/random_network.h"

namespace nibble {

using namespace test;

TEST_CASE("Actions of the known run are counted as its commands say") {
  MadeUpRun at;
  at.made.program().commands[2].scratchpad = {{0, 100, false}, {100, 130, true}};
  ChipConfig chip = plain_chip();
  chip.sfu.step_cycles[static_cast<std::size_t>(SfuStep::relu)] = 3;
  const RunStatistics statistics = collect_statistics(at.made.program(), chip, at.run);
  const ActionCounts& first = statistics.stages[0].actions;
  CHECK(first.int4_macs == 12 * 16 * 16);  // padding included
  CHECK(first.fp4_even_macs + first.fp4_odd_macs == 0);
  CHECK(first.fp16_macs == 9 * 16 * 4);
  CHECK(first.int4_macs_useful == 12);
  CHECK(first.fp16_macs_useful == 9);
  CHECK(first.accumulations == 14 * 16 + 9 * 4);
  CHECK(first.fp16_additions == 9 * 4);
  CHECK(first.sfu_operations == 320 * 3);
  // A rows: 12 x 16 codes of 4 bits; B rows: 16 x 16 codes; the FP16 tile: 9 x 16 and 16 x 4 of 16
  // bits; the SFU's 100 bytes.
  CHECK(first.scratchpad_read == 12 * 8 + 16 * 8 + 9 * 32 + 16 * 8 + 100);
  // C: 12 and 9 results of 2 bytes; the SFU's 30 bytes; both loads.
  CHECK(first.scratchpad_written == 24 + 18 + 30 + 512 + 1024);
  CHECK(statistics.stages[0].dram_read == 1536);
  CHECK(statistics.stages[0].dram_written == 0);
  CHECK(statistics.stages[1].dram_written == 64);
  CHECK(statistics.stages[1].actions.scratchpad_read == 64);
  CHECK(statistics.total.macs_useful == 12 + 9);
  CHECK(statistics.total.array_macs_useful == 12);
  CHECK(statistics.total.macs_issued == 12 * 256 + 9 * 64);
}

TEST_CASE("Fences belong to the stage they close, with all that the memory did up to them") {
  MadeUpRun at;
  DramStatistics refreshed;
  ++refreshed.commands[static_cast<std::size_t>(DramCommandKind::refresh_all)];
  for (const std::size_t segment : {0U, 1U, 2U}) at.add_dram(segment, refreshed);
  const RunStatistics statistics = collect_statistics(at.made.program(), plain_chip(), at.run);
  CHECK(statistics.stages[0].dram.count(DramCommandKind::refresh_all) == 2);
  CHECK(statistics.stages[0].dram.bytes_read == 1536);
  CHECK(statistics.stages[1].dram.count(DramCommandKind::refresh_all) == 1);
  CHECK(statistics.stages[1].dram.bytes_written == 64);
  CHECK(statistics.total.dram == at.run.dram);
}

TEST_CASE("An exchange of gradients counts the bytes and additions of a ring all-reduce") {
  struct Case {
    int workers;
    Bytes bytes, sent;
    std::int64_t additions;
  };
  // Each chip sends (W-1)/W of the bytes twice, and adds that share of the elements.
  for (const Case& at : {Case{1, 1600, 0, 0}, Case{2, 1600, 1600, 400}, Case{4, 1600, 2400, 600},
                         Case{5, 1600, 2560, 640}}) {
    INFO(at.workers << " workers");
    HandMadeProgram made;
    made.link(at.bytes);
    ChipRun run;
    run.commands = {{0, 10}};
    run.cycles = 10;
    run.tile_activities.resize(1);
    ChipConfig chip = plain_chip();
    chip.link = {at.workers, 8.0, 50};
    const ActionCounts actions = collect_statistics(made.program(), chip, run).total.actions;
    CHECK(actions.link_bytes == at.sent);
    CHECK(actions.sfu_operations == at.additions);
    // The pieces of both halves go out of the scratchpad and come into it; sums read the own piece.
    CHECK(actions.scratchpad_read == at.sent + at.sent / 2);
    CHECK(actions.scratchpad_written == at.sent);
  }
}

TEST_CASE("Bytes on the ring are counted link by link, and apart at the memory's stops") {
  // Stops: 0 1 m 2 3 m.
  ChipConfig chip = plain_chip();
  chip.cores = 4;
  chip.ring.memory_stops = 2;
  HandMadeProgram made;
  made.on(3);
  made.load(0, 100, 0);                      // one link
  made.multicast(0, 1000, 0, {0, 1, 2, 3});  // one link to each
  made.multicast(0, 10000, 0, {1, 2});       // both from the stop between them
  made.store(0, 64, 0);                      // one link
  made.ring(0, 100000, 0, {2, 3});           // 1 and m to 2; m to 3, the other way round
  made.fence();
  ChipRun run;
  for (Cycles end = 10; end <= 60; end += 10) run.commands.push_back({end - 10, end});
  run.cycles = 60;
  run.tile_activities.resize(run.commands.size());
  run.dram.bytes_read = 100 + 1000 + 10000;
  run.dram.bytes_written = 64;
  run.segment_dram = {run.dram};
  const RunStatistics statistics = collect_statistics(made.program(), chip, run);
  CHECK(statistics.memory_links == 4);
  const StageStatistics& total = statistics.total;
  CHECK(total.ring_loaded == 100 + 4 * 1000 + 2 * 10000);
  CHECK(total.ring_stored == 64);
  CHECK(total.actions.ring_byte_hops == 100 + 4 * 1000 + 2 * 10000 + 64 + (3 + 2) * 100000);
}

TEST_CASE("Gradient streams count as fp4, an fp16 main array as fp16") {
  for (const StreamFormat stream : {StreamFormat::fp4_even, StreamFormat::fp4_odd}) {
    MadeUpRun at;
    std::get<TileCommand>(at.made.program().commands[1].body).arithmetic.stream = stream;
    const ActionCounts actions =
        collect_statistics(at.made.program(), plain_chip(), at.run).total.actions;
    CHECK(actions.int4_macs == 0);
    CHECK(actions.fp4_even_macs + actions.fp4_odd_macs == 12 * 16 * 16);
  }
  ChipConfig twin = plain_chip();
  twin.tile.precision = TilePrecision::fp16;
  const MadeUpRun at;
  const ActionCounts actions = collect_statistics(at.made.program(), twin, at.run).total.actions;
  CHECK(actions.int4_macs == 0);
  CHECK(actions.fp16_macs == 12 * 16 * 16 + 9 * 64);
}

TEST_CASE("A command that leaves partial sums writes no results") {
  MadeUpRun at;
  auto& command = std::get<TileCommand>(at.made.program().commands[1].body);
  command.shape.k = 2;
  at.made.program().gemms[0].lowered.shape = {12, 1, 1};
  const RunStatistics statistics = collect_statistics(at.made.program(), plain_chip(), at.run);
  CHECK(statistics.stages[0].actions.scratchpad_written == 18 + 512 + 1024);
}

TEST_CASE("Stages of random runs partition them, and their counts add up to the program's") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    INFO("seed " << seed);
    Random random(seed);
    ChipConfig chip = random_chip(random, ArrayKind::nibble4_and_fp16);
    WorkloadOptions options;
    options.batch = pick(random, 1, 3);
    const Workload workload = build_workload(random_network(random, true), options);
    fit_buffers(random, workload, chip);
    const Program program = compile(workload, target_of(chip));
    const ChipRun run = run_timing(chip, program).run;
    const RunStatistics statistics = collect_statistics(program, chip, run);
    Cycles cycles = 0, useful = 0;
    for (std::size_t s = 0; s < statistics.stages.size(); ++s) {
      const StageStatistics& stage = statistics.stages[s];
      CHECK(stage.begin == cycles);
      cycles = stage.end;
      useful += stage.macs_useful;
      CHECK(stage.macs_useful == program.stages[s].macs);
      CHECK(std::accumulate(stage.stalls.begin(), stage.stalls.end(), stage.streaming) ==
            stage.cycles());
    }
    CHECK(cycles == run.cycles);
    std::int64_t gemms = 0;
    for (const ProgramGemm& gemm : program.gemms) gemms += gemm.lowered.shape.macs();
    CHECK(useful == gemms);
    Bytes read = 0, written = 0;
    for (const Command& command : program.commands) {
      const auto* transfer = std::get_if<DmaTransfer>(&command.body);
      if (transfer == nullptr) continue;
      (command.unit == Unit::dma_load ? read : written) += transfer->bytes;
    }
    CHECK(statistics.total.dram_read == read);
    CHECK(statistics.total.dram_written == written);
    CHECK(statistics.total.end == run.cycles);
  }
}

}  // namespace nibble
