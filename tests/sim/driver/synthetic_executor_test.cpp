// Synthetic operands on hand-made programs: what runs, what is compared, what a faulty tile looks
// like.
#include "sim/driver/synthetic_executor.h"

#include <array>
#include <functional>
#include <random>
#include <set>

#include <catch2/catch.hpp>

#include "sim/tile/tile_timing.h"

namespace nibble {
namespace {

ChipConfig small_chip(int cores) {
  ChipConfig chip;
  chip.cores = cores;
  chip.tile = {TilePrecision::nibble4, 16, 16, 128, 2};
  chip.fp16_tile = TileGeometry{TilePrecision::fp16, 16, 4, 128, 1};
  return chip;
}

/// A GEMM of `groups` groups and its commands: block of rows after block of rows, on the cores in
/// turn, each cut along k every `k_step`.
struct GemmPlan {
  TilePrecision precision = TilePrecision::nibble4;
  std::int64_t groups = 1;
  GemmShape shape;
  std::int64_t m_step = 0, k_step = 0;
};

Program program_of(const std::vector<GemmPlan>& plans, int cores) {
  Program program;
  program.cores = cores;
  for (const GemmPlan& plan : plans) {
    TileCommand command;
    command.gemm = static_cast<std::uint32_t>(program.gemms.size());
    command.precision = plan.precision;
    command.shape = plan.shape;
    command.arithmetic.chunk_len = plan.precision == TilePrecision::fp8 ? 32 : 16;
    command.g_end = plan.groups;
    command.n_end = plan.shape.n;
    ProgramGemm gemm;
    gemm.layer = "layer" + std::to_string(command.gemm);
    program.gemms.push_back(gemm);
    int core = 0;
    for (std::int64_t m = 0; m < plan.shape.m; m += plan.m_step, core = (core + 1) % cores) {
      command.m_begin = m;
      command.m_end = std::min(plan.shape.m, m + plan.m_step);
      for (std::int64_t k = 0; k < plan.shape.k; k += plan.k_step) {
        command.k_begin = k;
        command.k_end = std::min(plan.shape.k, k + plan.k_step);
        Command whole;
        whole.core = core;
        whole.unit = plan.precision == TilePrecision::nibble4 ? Unit::tile : Unit::fp16_tile;
        whole.body = command;
        program.commands.push_back(whole);
      }
    }
  }
  return program;
}

/// 4 blocks of three groups, 5 blocks in 3 parts of k, 2 blocks in fp16, 2 in fp8.
std::vector<GemmPlan> mixed_plans() {
  return {{TilePrecision::nibble4, 3, {40, 50, 33}, 10, 33},
          {TilePrecision::nibble4, 1, {45, 32, 1100}, 9, 400},
          {TilePrecision::fp16, 1, {20, 7, 40}, 10, 40},
          {TilePrecision::fp8, 1, {20, 7, 40}, 10, 40}};
}
constexpr std::int64_t kMixedCommands = 4 + 5 * 3 + 2 + 2;
constexpr std::int64_t kMixedResults = 3 * 40 * 50 + 45 * 32 + 20 * 7;

using Seen = std::function<void(const Command&, const TileActivity&)>;

void run_all(const Program& program, SyntheticExecutor& executor, const Seen& seen = nullptr) {
  for (const Command& command : program.commands) {
    const auto& tile = std::get<TileCommand>(command.body);
    const TileActivity activity = executor.execute(command.core, command.unit, tile);
    if (seen) seen(command, activity);
  }
}

/// Computes as the model does, then alters one result, or the clocks, of one command.
class FaultyTile : public TileBackend {
 public:
  FaultyTile(const TileGeometry& geometry, int faulty, bool clocks)
      : tile_(make_tile_backend(Engine::model, geometry)), faulty_(faulty), clocks_(clocks) {}
  TileActivity execute(const TileCommand& command, const TileOperands* operands) override {
    TileActivity activity = tile_->execute(command, operands);
    if (done_++ != faulty_) return activity;
    if (clocks_) {
      ++activity.cycles;
    } else {
      operands->c[command.shape.n * 2 + 5] ^= 1U;  // row 2, column 5
    }
    return activity;
  }

 private:
  std::unique_ptr<TileBackend> tile_;
  int faulty_, done_ = 0;
  bool clocks_;
};

ComparisonCount with_fault(int command, bool clocks) {
  const ChipConfig chip = small_chip(1);
  const Program program = program_of(mixed_plans(), 1);
  SyntheticOptions options;
  options.check = true;
  SyntheticExecutor executor(program, chip, options,
                             UnitBackends(
                                 [&](const TileGeometry& geometry) {
                                   return std::make_unique<FaultyTile>(geometry, command, clocks);
                                 },
                                 chip));
  run_all(program, executor);
  return executor.count();
}

}  // namespace

TEST_CASE("Every command runs through the RTL, and the model has the same bits and clocks") {
  for (const int cores : {1, 3}) {
    const ChipConfig chip = small_chip(cores);
    const Program program = program_of(mixed_plans(), cores);
    SyntheticOptions options;
    options.check = true;
    SyntheticExecutor executor(program, chip, options);
    run_all(program, executor, [&](const Command& command, const TileActivity& activity) {
      const auto& tile = std::get<TileCommand>(command.body);
      const TileGeometry array = command.unit == Unit::tile ? chip.tile : *chip.fp16_tile;
      CHECK(activity == tile_activity(tile, array.running(tile.precision)));
    });
    const ComparisonCount& count = executor.count();
    CHECK(count.first_mismatch == "");
    CHECK(count.mismatches == 0);
    CHECK(count.compared == kMixedResults);
    CHECK(count.commands == kMixedCommands);
    CHECK(count.commands_run == kMixedCommands - 2);  // but those in fp8
    CHECK(count.macs_issued > 0);
  }
}

TEST_CASE("Parts of K of several blocks interleave when each has a core of its own") {
  const Program in_turn = program_of({{TilePrecision::nibble4, 1, {90, 32, 1100}, 30, 160}}, 3);
  const std::size_t parts = in_turn.commands.size() / 3;
  Program mixed = in_turn;
  for (std::size_t i = 0; i < in_turn.commands.size(); ++i) {
    mixed.commands[i] = in_turn.commands[i % 3 * parts + i / 3];
  }
  SyntheticOptions options;
  options.check = true;
  SyntheticExecutor executor(mixed, small_chip(3), options);
  run_all(mixed, executor);
  CHECK(executor.count().compared == 90 * 32);
  CHECK(executor.count().mismatches == 0);
}

TEST_CASE("Without a check nothing is compared, and engine model runs the same commands") {
  const ChipConfig chip = small_chip(1);
  const Program program = program_of(mixed_plans(), 1);
  for (const Engine engine : {Engine::rtl, Engine::model}) {
    SyntheticOptions options;
    options.engine = engine;
    SyntheticExecutor executor(program, chip, options);
    run_all(program, executor);
    CHECK(executor.count().compared == 0);
    CHECK(executor.count().commands_run == kMixedCommands - 2);
  }
}

TEST_CASE("One wrong bit is found and named by layer, group, row and column") {
  // Command 2 of the first GEMM holds rows 20 to 29.
  const ComparisonCount bit = with_fault(2, false);
  CHECK(bit.mismatches == 1);
  CHECK(bit.first_mismatch.find("layer0 forward: group 0, row 22, column 5: got ") == 0);
  // The last part of k of the first block; an earlier part has no results yet to be wrong in.
  CHECK(with_fault(6, false).mismatches == 1);
}

TEST_CASE("A command with a clock too many is found, in whatever part of K") {
  for (const int command : {2, 4, 6}) {
    const ComparisonCount clocks = with_fault(command, true);
    CHECK(clocks.mismatches == 1);
    CHECK(clocks.first_mismatch.find(" cycles (streaming ") != std::string::npos);
  }
}

TEST_CASE("A sample has exactly its share of the blocks, whole in k, and the seed decides which") {
  const ChipConfig chip = small_chip(1);
  // 200 blocks in 3 parts of k.
  const Program program = program_of({{TilePrecision::nibble4, 1, {400, 8, 40}, 2, 16}}, 1);
  std::set<std::vector<std::int64_t>> samples;
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    SyntheticOptions options;
    options.seed = seed;
    options.check = true;
    options.share = 0.052;  // 10.4 blocks
    for (int again = 0; again < 2; ++again) {
      SyntheticExecutor executor(program, chip, options);
      std::vector<std::int64_t> rows;
      std::int64_t run_before = 0;
      run_all(program, executor, [&](const Command& command, const TileActivity& activity) {
        const auto& tile = std::get<TileCommand>(command.body);
        CHECK(activity == tile_activity(tile, chip.tile));
        if (executor.count().commands_run != run_before) rows.push_back(tile.m_begin);
        run_before = executor.count().commands_run;
      });
      CHECK(executor.count().commands == 600);
      CHECK(executor.count().commands_run == 11 * 3);
      CHECK(executor.count().compared == 11 * 2 * 8);
      CHECK(executor.count().mismatches == 0);
      CHECK(std::set<std::int64_t>(rows.begin(), rows.end()).size() == 11);
      samples.insert(rows);
    }
  }
  CHECK(samples.size() == 3);
}

TEST_CASE("The smallest sample is one block") {
  const Program program = program_of(mixed_plans(), 1);
  SyntheticOptions options;
  options.check = true;
  options.share = 1e-6;
  SyntheticExecutor executor(program, small_chip(1), options);
  run_all(program, executor);
  CHECK(executor.count().commands_run >= 1);
  CHECK(executor.count().commands_run <= 3);
  CHECK(executor.count().compared > 0);
}

TEST_CASE("Operands are as large as the command, not as the GEMM, and keep their place in K") {
  TileCommand command;
  command.shape = {1'000'000'000'000, 1'000'000'000'000, 1'000'000'000'000};
  command.g_begin = 7;
  command.g_end = 9;
  command.m_begin = 5'000'000'000;
  command.m_end = 5'000'000'003;
  command.n_begin = 64;
  command.n_end = 80;
  command.k_begin = 128;
  command.k_end = 1024;
  const TileCommand local = SyntheticBlock::rebased(command);
  CHECK(local.shape.m == 3);
  CHECK(local.shape.n == 16);
  CHECK(local.shape.k == command.shape.k);
  CHECK(local.k_begin == 128);
  CHECK(local.k_end == 1024);
  CHECK(local.g_begin == 0);
  CHECK(local.g_end == 2);
  SyntheticBlock block;
  block.fill(command, 1);
  CHECK(block.results().size() == 2 * 3 * 16);
  CHECK(block.operands().k_first == 128);
  CHECK(block.operands().k_count == 896);
}

TEST_CASE("All 16 codes are equally likely in both operands, and a seed stands for its operands") {
  TileCommand command;
  command.shape = {64, 64, 1024};
  command.m_end = command.n_end = 64;
  command.k_end = 1024;
  SyntheticBlock first, again, other;
  first.fill(command, 1);
  again.fill(command, 1);
  other.fill(command, 2);
  constexpr int kCodes = 64 * 1024;
  for (const bool stationary : {false, true}) {
    const auto codes = [&](SyntheticBlock& block) {
      const TileOperands operands = block.operands();
      const auto* begin = static_cast<const NibbleCode*>(stationary ? operands.b : operands.a);
      return std::vector<NibbleCode>(begin, begin + kCodes);
    };
    std::array<int, 256> count{};
    for (const NibbleCode code : codes(first)) ++count[code];
    for (int code = 0; code < 256; ++code) {
      if (code >= 16) CHECK(count[static_cast<std::size_t>(code)] == 0);
      // 4096 wanted, standard deviation 62.
      if (code < 16) CHECK(std::abs(count[static_cast<std::size_t>(code)] - 4096) < 400);
    }
    CHECK(codes(first) == codes(again));
    CHECK(codes(first) != codes(other));
  }
}

TEST_CASE("fp16 operands have both signs and lie from 1/16 to below 16") {
  TileCommand command;
  command.precision = TilePrecision::fp16;
  command.shape = {10, 10, 100};
  command.m_end = command.n_end = 10;
  command.k_end = 100;
  SyntheticBlock block;
  block.fill(command, 3);
  const auto* values = static_cast<const Fp16Code*>(block.operands().a);
  int negative = 0;
  for (int i = 0; i < 1000; ++i) {
    const int exponent = (values[i] >> 9 & 63) - 31;
    CHECK((exponent >= -4 && exponent <= 3));
    negative += values[i] >> 15;
  }
  CHECK(std::abs(negative - 500) < 80);
}

}  // namespace nibble
