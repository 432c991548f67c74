// The property behind the engine `timing`: on any chip and any network it reports the cycles of the
// RTL at every command, and the model the RTL's bits (DESIGN section 4).
#include <algorithm>
#include <cstdlib>
#include <iostream>

#include <catch2/catch.hpp>

#include "sim/compiler/compiler.h"
#include "sim/stats/run_statistics.h"
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
  std::int64_t draws = 0, commands = 0, compared = 0, replayed = 0;
  int all_kinds = 0, inferences = 0, mapped = 0;
  int reductions_in_parts = 0, column_blocks = 0, folds = 0, groups = 0, spills = 0;
  int several_tiles = 0, fp16_arrays = 0, fp8 = 0;
  int several_cores = 0, multicasts = 0, sums_over_cores = 0, exchanges = 0;
};

// The quick form. `NIBBLE_DRAWS=10000 bin/test_sim_exactness` is the long one; NIBBLE_SEED begins
// elsewhere.
constexpr std::uint64_t kQuickDraws = 60;
constexpr int kMostCores = 6;

struct Draw {
  ChipConfig chip;
  bool all_kinds = false;  // of layers
  WorkloadOptions options;
  Workload workload;
  MappingTable mappings;
  Program program;
};

/// Host seconds that the Verilated arrays take for a program, roughly.
double rtl_seconds(const ChipConfig& chip, const Program& program) {
  double seconds = 0;
  for (const Command& command : program.commands) {
    const auto* tile = std::get_if<TileCommand>(&command.body);
    if (tile == nullptr) continue;
    const TileGeometry geometry =
        (command.unit == Unit::tile ? chip.tile : chip.fp16_tile.value_or(chip.tile))
            .running(tile->precision);
    if (geometry.precision == TilePrecision::fp8) continue;  // without values
    const double rate = geometry.precision == TilePrecision::nibble4 ? 1e9 : 3e7;
    seconds += static_cast<double>(tile_activity(*tile, geometry).cycles) *
               static_cast<double>(geometry.macs_per_cycle()) / rate;
  }
  return seconds;
}

ChipPrecision precision_for(Random& random, ArrayKind arrays) {
  if (arrays != ArrayKind::fp16) return ChipPrecision::nibble4;
  return pick_of(random, {ChipPrecision::fp16, ChipPrecision::fp8});
}

Draw draw(Random& random) {
  constexpr double kMostSeconds = 0.3;
  for (;;) {
    Draw draw;
    draw.all_kinds = one_in(random, 2);
    const auto arrays = draw.all_kinds
                            ? pick_of(random, {ArrayKind::nibble4_and_fp16, ArrayKind::fp16})
                            : pick_of(random, {ArrayKind::nibble4, ArrayKind::nibble4_and_fp16,
                                               ArrayKind::nibble4_and_fp16, ArrayKind::fp16});
    draw.chip = random_chip(random, arrays, kMostCores);
    draw.options.batch = one_in(random, 3) ? pick(random, 4, 16) : pick(random, 1, 3);
    draw.options.training = !one_in(random, 5);
    draw.options.precision = precision_for(random, arrays);
    draw.options.accumulator = pick_of(random, {AccumulatorType::fp16x2, AccumulatorType::fp16});
    const bool groups = one_in(random, 2);
    draw.workload = build_workload(
        draw.all_kinds ? random_timing_network(random)
                       : random_network(random, arrays != ArrayKind::nibble4, groups),
        draw.options);
    if (one_in(random, 2)) draw.mappings = random_mappings(random, draw.workload, draw.chip);
    fit_buffers(random, draw.workload, draw.chip, draw.mappings);
    draw.program = compile(draw.workload, target_of(draw.chip), draw.mappings);
    if (rtl_seconds(draw.chip, draw.program) <= kMostSeconds) return draw;
  }
}

/// A trace holds results as a trainer computes them: in fp16 or 4 bits, sums not in parts.
bool replayable(const Draw& draw) {
  if (draw.all_kinds) return false;
  return std::all_of(
      draw.program.gemms.begin(), draw.program.gemms.end(), [](const ProgramGemm& gemm) {
        const auto whole = lower_conv(gemm.lowered.conv, gemm.lowered.pass);
        return gemm.precision != TilePrecision::fp8 &&
               std::any_of(whole.begin(), whole.end(), [&](const LoweredGemm& of) {
                 return of.phase_h == gemm.lowered.phase_h && of.phase_w == gemm.lowered.phase_w &&
                        of.shape.k == gemm.lowered.shape.k;
               });
      });
}

void count(const Draw& draw, const ChipRun& run, Coverage& coverage) {
  bool in_parts = false, folds = false, column_blocks = false, groups = false, fp8 = false;
  bool multicasts = false, exchanges = false;
  Bytes stored = 0;
  for (std::size_t i = 0; i < draw.program.commands.size(); ++i) {
    const Command& command = draw.program.commands[i];
    if (command.unit == Unit::dma_store) stored += std::get<DmaTransfer>(command.body).bytes;
    multicasts |= receivers_of(command).size() > 1 && command.unit != Unit::sfu;
    exchanges |= command.unit == Unit::link;
    const auto* tile = std::get_if<TileCommand>(&command.body);
    if (tile == nullptr) continue;
    in_parts |= tile->k_end - tile->k_begin < tile->shape.k;
    column_blocks |= tile->n_end - tile->n_begin < tile->shape.n;
    groups |= tile->g_end - tile->g_begin > 1;
    fp8 |= tile->precision == TilePrecision::fp8;
    folds |= run.tile_activities[i].fold > 0;
  }
  const auto& gemms = draw.program.gemms;
  const bool sums = std::any_of(gemms.begin(), gemms.end(), [](const ProgramGemm& gemm) {
    return gemm.lowered.pass == GemmPass::wgrad &&
           gemm.lowered.shape.k <
               gemm.lowered.conv.n * gemm.lowered.conv.p() * gemm.lowered.conv.q();
  });
  ++coverage.draws;
  coverage.commands += static_cast<std::int64_t>(draw.program.commands.size());
  coverage.all_kinds += draw.all_kinds;
  coverage.inferences += !draw.options.training;
  coverage.mapped += !draw.mappings.empty();
  coverage.reductions_in_parts += in_parts;
  coverage.column_blocks += column_blocks;
  coverage.folds += folds;
  coverage.groups += groups;
  coverage.spills += stored > draw.program.compulsory_bytes;
  coverage.several_tiles += draw.chip.tile.tiles > 1;
  coverage.fp16_arrays += draw.chip.fp16_tile || draw.chip.tile.precision == TilePrecision::fp16;
  coverage.fp8 += fp8;
  coverage.several_cores += draw.chip.cores > 1;
  coverage.multicasts += multicasts;
  coverage.sums_over_cores += sums;
  coverage.exchanges += exchanges;
}

/// Both engines against what a trainer would have computed.
void replay(Random& random, const Draw& at, const ChipRun& run, Coverage& coverage) {
  const Trace trace = random_trace(random, at.program, at.chip, at.options.accumulator);
  std::int64_t results = 0;
  for (const TraceOperation& operation : trace.operations) {
    results += static_cast<std::int64_t>(trace.values.at(operation.result).size());
  }
  for (const Engine engine : {Engine::model, Engine::rtl}) {
    const ChildRun replayed = run_replay(at.chip, at.program, trace, engine);
    CHECK(difference(at.program, replayed.run, run) == "");
    CHECK(replayed.compared == results);
    CHECK(replayed.first_mismatch == "");
  }
  coverage.replayed += results;
}

void compare_engines(std::uint64_t seed, Coverage& coverage) {
  INFO("seed " << seed << " (NIBBLE_SEED=" << seed << " NIBBLE_DRAWS=1)");
  Random random(seed);
  const Draw at = draw(random);
  const ChildRun timing = run_timing(at.chip, at.program);
  const ChildRun model = run_synthetic(at.chip, at.program, seed, Engine::model, false);
  const ChildRun rtl = run_synthetic(at.chip, at.program, seed, Engine::rtl, true);
  CHECK(difference(at.program, timing.run, rtl.run) == "");
  CHECK(difference(at.program, model.run, rtl.run) == "");
  CHECK_NOTHROW(collect_statistics(at.program, at.chip, rtl.run));
  CHECK(rtl.mismatches == 0);
  CHECK(rtl.first_mismatch == "");
  coverage.compared += rtl.compared;
  if (replayable(at) && one_in(random, 2)) replay(random, at, rtl.run, coverage);
  count(at, rtl.run, coverage);
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
            << coverage.compared << " results of the RTL as the model's, " << coverage.replayed
            << " of RTL and model as a trainer's; " << coverage.all_kinds
            << " with all kinds of layers, " << coverage.inferences << " inferences, "
            << coverage.mapped << " with random mappings; " << coverage.reductions_in_parts
            << " with reductions in parts, " << coverage.column_blocks
            << " with several blocks of columns, " << coverage.folds << " with folds, "
            << coverage.groups << " with groups, " << coverage.spills << " with spills, "
            << coverage.several_tiles << " with several tiles, " << coverage.fp16_arrays
            << " with an FP16 array, " << coverage.fp8 << " with fp8, " << coverage.several_cores
            << " with several cores, " << coverage.multicasts << " with multicasts, "
            << coverage.sums_over_cores << " with sums over cores, " << coverage.exchanges
            << " with an exchange of gradients\n";
  if (draws < kQuickDraws) return;
  // Or the draws would prove nothing about the hard cases.
  for (const int often :
       {coverage.all_kinds, coverage.inferences, coverage.mapped, coverage.reductions_in_parts,
        coverage.column_blocks, coverage.folds, coverage.groups, coverage.spills,
        coverage.several_tiles, coverage.fp16_arrays, coverage.fp8, coverage.several_cores,
        coverage.multicasts, coverage.sums_over_cores, coverage.exchanges}) {
    CHECK(often > 2);
  }
  CHECK(coverage.replayed > 0);
}

}  // namespace nibble
