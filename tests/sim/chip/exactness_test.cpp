// The property behind the engine `timing`: on any chip and any network it reports the cycles of the
// RTL at every command, and the model the RTL's bits (DESIGN section 4).
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <iostream>

#include <catch2/catch.hpp>

#include "sim/compiler/tiling.h"
#include "sim/driver/child_process.h"
#include "sim/stats/run_statistics.h"
#include "sim/tile/tile_timing.h"
#include "tests/sim/chip/exactness_coverage.h"
#include "tests/sim/support/chip_child.h"
#include "tests/sim/support/random_chip.h"
#include "tests/sim/support/random_network.h"
#include "tests/sim/support/random_trace.h"

extern "C" int sc_main(int /*argc*/, char** /*argv*/) { return 0; }

namespace nibble {
namespace {

using namespace test;

// The quick form. `tools/test exactness 10000` is the long one.
constexpr std::uint64_t kQuickDraws = 60;
constexpr std::uint64_t kDrawsAProcess = 20;
constexpr std::uint64_t kDrawsAMessage = 500;
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

/// Many pixels to few lanes: reductions of more than 64 chunks, with folds, in wgrad.
void lengthen_reductions(Draw& draw, Network& network) {
  constexpr std::int64_t kMorePixels = 24;
  constexpr int kFewLanes = 16, kFewColumns = 4;
  network.input.h += kMorePixels;
  network.input.w += kMorePixels;
  infer_shapes(network);
  draw.options.training = true;
  draw.options.batch = std::min<std::int64_t>(draw.options.batch, 2);
  draw.options.accumulator = AccumulatorType::fp16x2;
  const bool nibble4 = draw.chip.tile.precision == TilePrecision::nibble4;
  draw.chip.tile.lanes = kFewLanes;
  draw.chip.tile.cols = nibble4 ? kFewLanes : kFewColumns;
  if (draw.chip.fp16_tile) draw.chip.fp16_tile->lanes = kFewLanes;
  if (draw.chip.fp16_tile) draw.chip.fp16_tile->cols = kFewColumns;
}

Draw draw(Random& random) {
  constexpr double kMostSeconds = 1;
  for (;;) {
    Draw draw;
    draw.all_kinds = one_in(random, 2);
    const auto arrays = draw.all_kinds
                            ? pick_of(random, {ArrayKind::nibble4_and_fp16, ArrayKind::fp16})
                            : pick_of(random, {ArrayKind::nibble4, ArrayKind::nibble4_and_fp16,
                                               ArrayKind::nibble4_and_fp16, ArrayKind::fp16});
    draw.chip = random_chip(random, arrays, kMostCores);
    draw.options.batch = one_in(random, 2) ? pick(random, 4, 24) : pick(random, 1, 3);
    draw.options.training = !one_in(random, 5);
    draw.options.precision = precision_for(random, arrays);
    draw.options.accumulator = pick_of(random, {AccumulatorType::fp16x2, AccumulatorType::fp16});
    const bool groups = one_in(random, 2);
    Network network = draw.all_kinds ? random_timing_network(random)
                                     : random_network(random, arrays != ArrayKind::nibble4, groups);
    if (!draw.all_kinds && one_in(random, 3)) lengthen_reductions(draw, network);
    draw.workload = build_workload(network, draw.options);
    if (one_in(random, 2)) draw.mappings = random_mappings(random, draw.workload, draw.chip);
    fit_buffers(random, draw.workload, draw.chip, draw.mappings);
    draw.program = compile(draw.workload, target_of(draw.chip), draw.mappings);
    if (rtl_seconds(draw.chip, draw.program) <= kMostSeconds) return draw;
  }
}

/// A trace holds results as a trainer computes them: in fp16 or 4 bits, sums not in parts.
bool replayable(const Draw& draw) {
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

/// An element-wise run that reads in the stream buffer what an array has written there.
bool reads_passed(const Draw& draw, const Command& command) {
  if (command.unit != Unit::sfu) return false;
  const Bytes buffer = draw.chip.scratchpad.stream_buffer_bytes;
  return std::any_of(command.waits.begin(), command.waits.end(), [&](std::uint32_t wait) {
    const Command& before = draw.program.commands[wait];
    if (before.unit != Unit::tile && before.unit != Unit::fp16_tile) return false;
    const ScratchpadRange& made = before.scratchpad.back();
    return std::any_of(command.scratchpad.begin(), command.scratchpad.end(),
                       [&](const ScratchpadRange& range) {
                         return made.write && !range.write && range.begin == made.begin &&
                                range.end == made.end && range.end <= buffer;
                       });
  });
}

void count(const Draw& draw, const ChipRun& run, Coverage& coverage) {
  bool wide_parts = false, chained = false;
  bool in_parts = false, folds = false, column_blocks = false, groups = false, fp8 = false;
  bool multicasts = false, exchanges = false;
  Bytes stored = 0;
  for (std::size_t i = 0; i < draw.program.commands.size(); ++i) {
    const Command& command = draw.program.commands[i];
    if (command.unit == Unit::dma_store) stored += std::get<DmaTransfer>(command.body).bytes;
    multicasts |= receivers_of(command).size() > 1 && command.unit != Unit::sfu;
    exchanges |= command.unit == Unit::link;
    chained |= reads_passed(draw, command);
    const auto* tile = std::get_if<TileCommand>(&command.body);
    if (tile == nullptr) continue;
    const bool part = tile->k_end - tile->k_begin < tile->shape.k;
    const TileGeometry geometry = array_for(target_of(draw.chip), tile->precision).geometry;
    in_parts |= part;
    wide_parts |= part && tile->n_end - tile->n_begin > geometry.columns();
    column_blocks |= tile->n_end - tile->n_begin < tile->shape.n;
    groups |= tile->g_end - tile->g_begin > 1;
    fp8 |= tile->precision == TilePrecision::fp8;
    folds |= run.tile_activities[i].fold > 0;
    coverage.macs += run.tile_activities[i].macs_useful;
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
  coverage.wide_parts += wide_parts;
  coverage.chained_runs += chained;
  coverage.memory_stops += draw.chip.ring.memory_stops > 1;
}

/// What a row of draws found. Crosses processes.
struct Findings {
  Coverage coverage;
  std::string faults;  // a line each

  void note(std::uint64_t seed, const std::string& fault) {
    if (fault.empty()) return;
    faults += "seed " + std::to_string(seed) + ": " + fault + "\n";
  }
};

/// What a fault says of values that were compared; empty if there is none.
std::string mismatch(const ChildRun& run) {
  if (run.mismatches == 0 && run.first_mismatch.empty()) return "";
  return std::to_string(run.mismatches) + " mismatches, " + run.first_mismatch;
}

/// Both engines against what a trainer would have computed.
void replay(std::uint64_t seed, Random& random, const Draw& at, const ChipRun& run,
            Findings& findings) {
  const Trace trace = random_trace(random, at.program, at.chip, at.options.accumulator);
  std::int64_t results = 0;
  for (const TraceOperation& operation : trace.operations) {
    results += static_cast<std::int64_t>(trace.values.at(operation.result).size());
  }
  for (const Engine engine : {Engine::model, Engine::rtl}) {
    const ChildRun replayed = run_replay(at.chip, at.program, trace, engine);
    findings.note(seed, difference(at.program, replayed.run, run));
    findings.note(seed, mismatch(replayed));
    if (replayed.compared != results) findings.note(seed, "results of the trace not compared");
  }
  findings.coverage.replayed += results;
}

void compare_engines(std::uint64_t seed, Findings& findings) {
  Random random(seed);
  const Draw at = draw(random);
  const ChildRun timing = run_timing(at.chip, at.program);
  const ChildRun model = run_synthetic(at.chip, at.program, seed, Engine::model, false);
  const ChildRun rtl = run_synthetic(at.chip, at.program, seed, Engine::rtl, true);
  findings.note(seed, difference(at.program, timing.run, rtl.run));
  findings.note(seed, difference(at.program, model.run, rtl.run));
  findings.note(seed, mismatch(rtl));
  (void)collect_statistics(at.program, at.chip, rtl.run);  // throws if a law is broken
  findings.coverage.compared += rtl.compared;
  if (replayable(at) && one_in(random, 2)) replay(seed, random, at, rtl.run, findings);
  count(at, rtl.run, findings.coverage);
}

/// Draws [begin, end) in a process of their own.
class RunningDraws {
 public:
  RunningDraws(std::uint64_t begin, std::uint64_t end)
      : begin_(begin), end_(end), child_([=] { return run(begin, end); }) {}

  [[nodiscard]] std::uint64_t draws() const { return end_ - begin_; }
  [[nodiscard]] Findings result() {
    Findings findings;
    try {
      const std::string text = child_.result();
      std::memcpy(&findings.coverage, text.data(), sizeof(Coverage));
      findings.faults = text.substr(sizeof(Coverage));
    } catch (const std::exception& fault) {
      findings.note(begin_, fault.what() + std::string(", there or in a later one before ") +
                                std::to_string(end_));
    }
    return findings;
  }

 private:
  static std::string run(std::uint64_t begin, std::uint64_t end) {
    Findings findings;
    for (std::uint64_t seed = begin; seed < end; ++seed) {
      try {
        compare_engines(seed, findings);
      } catch (const std::exception& fault) {
        findings.note(seed, fault.what());
      }
    }
    return std::string(reinterpret_cast<const char*>(&findings.coverage), sizeof(Coverage)) +
           findings.faults;
  }

  std::uint64_t begin_, end_;
  ChildProcess child_;
};

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace

TEST_CASE("Timing, model and RTL agree at every command of random networks on random chips") {
  const std::uint64_t first = from_environment("NIBBLE_SEED", 1);
  const std::uint64_t end = first + from_environment("NIBBLE_DRAWS", kQuickDraws);
  const std::uint64_t jobs = std::max<std::uint64_t>(1, from_environment("NIBBLE_JOBS", 1));
  INFO("again, one draw: NIBBLE_SEED=<seed> NIBBLE_DRAWS=1");
  Coverage coverage;
  std::uint64_t done = 0;
  std::deque<RunningDraws> running;  // in order of their seeds
  for (std::uint64_t next = first; next < end || !running.empty();) {
    while (next < end && running.size() < jobs) {
      running.emplace_back(next, std::min(end, next + kDrawsAProcess));
      next += running.back().draws();
    }
    const Findings findings = running.front().result();
    CHECK(findings.faults == "");
    coverage += findings.coverage;
    done += running.front().draws();
    running.pop_front();
    if (done % kDrawsAMessage == 0) {
      std::cout << done << " draws, " << coverage.commands << " commands\n" << std::flush;
    }
  }
  std::cout << totals(coverage) << "\n";
  if (end - first < kQuickDraws) return;
  for (const CoverageItem& item : kCoverage) {
    if (!item.must_occur) continue;
    INFO(item.text);
    CHECK(coverage.*item.count > 0);
  }
}

}  // namespace nibble
