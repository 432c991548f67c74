// The property behind the engine `timing`: on any chip and any network it reports the cycles of the
// RTL at every command, and the model the RTL's bits (DESIGN section 4).
#include <cstdlib>
#include <iostream>

#include <catch2/catch.hpp>

#include "sim/compiler/compiler.h"
#include "sim/tile/tile_timing.h"
#include "tests/sim/support/chip_child.h"
#include "tests/sim/support/random_chip.h"
#include "tests/sim/support/random_network.h"
#include "tests/sim/support/random_trace.h"

extern "C" int sc_main(int /*argc*/, char** /*argv*/) { return 0; }

namespace nibble {
namespace {

using namespace test;

/// How often the draws met what makes a chip's timing hard.
struct Coverage {
  int draws = 0, commands = 0, compared = 0;
  int reductions_in_parts = 0, spills = 0, folds = 0, several_tiles = 0, fp16_arrays = 0;
  int inferences = 0, column_blocks = 0;
};

// The quick form. `NIBBLE_DRAWS=10000 bin/test_sim_exactness` is the long one; NIBBLE_SEED begins
// elsewhere.
constexpr std::uint64_t kQuickDraws = 80;

struct Draw {
  ChipConfig chip;
  Workload workload;
  Program program;
  Trace trace;
};

/// Host seconds that the Verilated arrays take for a program, roughly.
double rtl_seconds(const ChipConfig& chip, const Program& program) {
  double seconds = 0;
  for (const Command& command : program.commands) {
    const auto* tile = std::get_if<TileCommand>(&command.body);
    if (tile == nullptr) continue;
    const TileGeometry& geometry =
        command.unit == Unit::tile ? chip.tile : chip.fp16_tile.value_or(chip.tile);
    const double rate = geometry.precision == TilePrecision::nibble4 ? 1e9 : 3e7;
    seconds += static_cast<double>(tile_activity(*tile, geometry).cycles) *
               static_cast<double>(geometry.macs_per_cycle()) / rate;
  }
  return seconds;
}

Draw draw(Random& random) {
  constexpr double kMostSeconds = 0.5;
  for (;;) {
    Draw draw;
    const auto arrays = pick_of(random, {ArrayKind::nibble4, ArrayKind::nibble4_and_fp16,
                                         ArrayKind::nibble4_and_fp16, ArrayKind::fp16});
    draw.chip = random_chip(random, arrays);
    WorkloadOptions options;
    options.batch = one_in(random, 3) ? pick(random, 4, 16) : pick(random, 1, 3);
    options.training = !one_in(random, 5);
    options.precision = arrays == ArrayKind::fp16 ? ChipPrecision::fp16 : ChipPrecision::nibble4;
    options.accumulator = pick_of(random, {AccumulatorType::fp16x2, AccumulatorType::fp16});
    draw.workload = build_workload(random_network(random, arrays != ArrayKind::nibble4), options);
    fit_buffers(random, draw.workload, draw.chip);
    draw.program = compile(draw.workload, target_of(draw.chip));
    if (rtl_seconds(draw.chip, draw.program) > kMostSeconds) continue;
    draw.trace = random_trace(random, draw.program, draw.chip, options.accumulator);
    return draw;
  }
}

void count(const Draw& draw, const ChipRun& run, Coverage& coverage) {
  bool in_parts = false, folds = false, column_blocks = false;
  for (std::size_t i = 0; i < draw.program.commands.size(); ++i) {
    const auto* tile = std::get_if<TileCommand>(&draw.program.commands[i].body);
    if (tile == nullptr) continue;
    in_parts |= tile->k_end - tile->k_begin < tile->shape.k;
    column_blocks |= tile->n_end - tile->n_begin < tile->shape.n;
    folds |= run.tile_activities[i].fold > 0;
  }
  Bytes stored = 0;
  for (const Command& command : draw.program.commands) {
    if (command.unit == Unit::dma_store) stored += std::get<DmaTransfer>(command.body).bytes;
  }
  ++coverage.draws;
  coverage.commands += static_cast<int>(draw.program.commands.size());
  coverage.reductions_in_parts += in_parts;
  coverage.folds += folds;
  coverage.column_blocks += column_blocks;
  coverage.spills += stored > draw.program.compulsory_bytes;
  coverage.several_tiles += draw.chip.tile.tiles > 1;
  coverage.fp16_arrays += draw.chip.fp16_tile || draw.chip.tile.precision == TilePrecision::fp16;
  coverage.inferences += draw.workload.stages.back().pass == Pass::forward;
}

void compare_engines(std::uint64_t seed, Coverage& coverage) {
  INFO("seed " << seed << " (NIBBLE_SEED=" << seed << " NIBBLE_DRAWS=1)");
  Random random(seed);
  const Draw at = draw(random);
  const ChildRun timing = run_timing(at.chip, at.program);
  const ChildRun model = run_replay(at.chip, at.program, at.trace, Engine::model);
  const ChildRun rtl = run_replay(at.chip, at.program, at.trace, Engine::rtl);
  CHECK(difference(at.program, timing.run, rtl.run) == "");
  CHECK(difference(at.program, model.run, rtl.run) == "");
  std::int64_t results = 0;
  for (const TraceOperation& operation : at.trace.operations) {
    results += static_cast<std::int64_t>(at.trace.values.at(operation.result).size());
  }
  CHECK(rtl.compared == results);
  CHECK(rtl.first_mismatch == "");
  CHECK(model.compared == results);
  CHECK(model.first_mismatch == "");
  count(at, rtl.run, coverage);
  coverage.compared += static_cast<int>(results);
}

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace

TEST_CASE("Timing, model and RTL agree at every command of random networks on random chips") {
  const std::uint64_t first = from_environment("NIBBLE_SEED", 1);
  const std::uint64_t draws = from_environment("NIBBLE_DRAWS", kQuickDraws);
  Coverage coverage;
  for (std::uint64_t seed = first; seed < first + draws; ++seed) compare_engines(seed, coverage);
  std::cout << coverage.draws << " draws: " << coverage.commands << " commands, "
            << coverage.compared << " results; " << coverage.reductions_in_parts
            << " with reductions in parts, " << coverage.spills << " with spills, "
            << coverage.folds << " with folds, " << coverage.column_blocks
            << " with several blocks of columns, " << coverage.several_tiles
            << " with several tiles, " << coverage.fp16_arrays << " with an FP16 array, "
            << coverage.inferences << " inferences\n";
  if (draws < kQuickDraws) return;
  // Or the draws would prove nothing about the hard cases.
  CHECK(coverage.reductions_in_parts > 2);
  CHECK(coverage.spills > 2);
  CHECK(coverage.folds > 2);
  CHECK(coverage.column_blocks > 2);
  CHECK(coverage.several_tiles > 2);
  CHECK(coverage.fp16_arrays > 2);
  CHECK(coverage.inferences > 2);
}

}  // namespace nibble
