// The closed form against numbers worked out by hand from the loop nest of tile_command.h, and the
// commands it must refuse.
#include "sim/tile/tile_timing.h"

#include <stdexcept>

#include <catch2/catch.hpp>

#include "tests/sim/tile/random_commands.h"

namespace nibble {
namespace {

constexpr TileGeometry kTile{TilePrecision::nibble4, 64, 64, 128, 1};
constexpr Cycles kLatency = 5;

/// A command for the whole of a GEMM.
TileCommand whole(std::int64_t m, std::int64_t n, std::int64_t k) {
  TileCommand command;
  command.shape = {m, n, k};
  command.m_end = m;
  command.n_end = n;
  command.k_end = k;
  return command;
}

void check_sum(const TileActivity& activity) {
  CHECK(activity.cycles ==
        activity.streaming + activity.fold + activity.weight_load + activity.fill_drain);
}

TEST_CASE("One pass loads B, streams its rows and drains") {
  const TileActivity activity = tile_activity(whole(100, 64, 64), kTile);
  CHECK(activity.cycles == 64 + 100 + kLatency);
  CHECK(activity.weight_load == 64);
  CHECK(activity.streaming == 100);
  CHECK(activity.b_rows_loaded == 64);
  CHECK(activity.macs_issued == 100 * 64 * 64);
  CHECK(activity.macs_useful == 100 * 64 * 64);
  CHECK(activity.accumulations == 100 * 64);
  check_sum(activity);
}

TEST_CASE("An FP16 row passes all lanes and one addition") {
  for (const int lanes : {16, 64}) {
    const TileGeometry geometry{TilePrecision::fp16, lanes, 4, 128, 1};
    CHECK(tile_latency(geometry) == lanes + 1);
    TileCommand command = whole(100, 4, lanes);
    command.precision = TilePrecision::fp16;
    command.arithmetic.chunk_len = lanes;
    CHECK(tile_activity(command, geometry).cycles == lanes + 100 + lanes + 1);
  }
}

TEST_CASE("An FP16 array takes twice the k in fp8, in the cycles of FP16") {
  const TileGeometry array{TilePrecision::fp16, 64, 16, 128, 1};
  for (const std::int64_t rows : {1, 63, 64, 65, 200}) {
    TileCommand command = whole(rows, 16, 64L * 5);
    command.precision = TilePrecision::fp16;
    const TileActivity fp16 = tile_activity(command, array);
    command = whole(rows, 16, 128L * 5);
    command.precision = TilePrecision::fp8;
    command.arithmetic.chunk_len = 128;
    const TileActivity fp8 = tile_activity(command, array.running(TilePrecision::fp8));
    CHECK(fp8.cycles == fp16.cycles);
    CHECK(fp8.macs_useful == 2 * fp16.macs_useful);
    CHECK(fp8.b_rows_loaded == 2 * fp16.b_rows_loaded);  // of half the bits
  }
}

TEST_CASE("The next B loads beside the rows of a pass, and is waited for only beyond them") {
  CHECK(tile_activity(whole(128, 64, 192), kTile).cycles == 64 + 3 * 128 + kLatency);
  CHECK(tile_activity(whole(64, 64, 192), kTile).cycles == 64 + 3 * 64 + kLatency);
  CHECK(tile_activity(whole(63, 64, 192), kTile).cycles == 64 + 64 + 64 + 63 + kLatency);
  const TileActivity one_row = tile_activity(whole(1, 64, 192), kTile);
  CHECK(one_row.cycles == 3 * 64 + 1 + kLatency);
  CHECK(one_row.weight_load == 64 + 63 + 63);
}

TEST_CASE("A single chunk of k keeps its B in place for all blocks of rows") {
  const TileActivity activity = tile_activity(whole(300, 128, 50), kTile);
  // 128 + 128 + 44 rows; the second block of columns loads beside the last 44.
  CHECK(activity.cycles == 64 + 300 + (64 - 44) + 300 + kLatency);
  CHECK(activity.b_rows_loaded == 2 * 64);
  CHECK(activity.macs_useful == 300 * 128 * 50);
  CHECK(activity.macs_issued == 2 * 300 * 64 * 64);
}

TEST_CASE("fp16x2 folds after every 64th chunk and after the last, if K has more than 64") {
  TileCommand command = whole(100, 64, 64 * 64);
  CHECK(tile_activity(command, kTile).fold == 0);
  command = whole(100, 64, 64 * 64 + 1);
  CHECK(tile_activity(command, kTile).fold == 200);
  CHECK(tile_activity(command, kTile).accumulations == (65 + 2) * 100 * 64);
  command = whole(100, 64, 129 * 64);
  CHECK(tile_activity(command, kTile).fold == 300);
  command.arithmetic.accumulator = AccumulatorType::fp16;
  CHECK(tile_activity(command, kTile).fold == 0);
  // A fold is time in which the next B loads as well.
  command = whole(40, 64, 65 * 64);
  CHECK(tile_activity(command, kTile).cycles == 64 + 63 * 64 + 80 + 80 + kLatency);
}

TEST_CASE("The parts of a cut K fold where the whole would") {
  TileCommand command = whole(100, 64, 130 * 64);
  const Cycles folds = tile_activity(command, kTile).fold;
  Cycles sum = 0;
  for (std::int64_t chunk = 0; chunk < 130; chunk += 10) {
    command.k_begin = chunk * 64;
    command.k_end = (chunk + 10) * 64;
    sum += tile_activity(command, kTile).fold;
  }
  CHECK(sum == folds);
}

TEST_CASE("Tiles side by side take the rows of one, and issue what all of them compute") {
  TileGeometry three = kTile;
  three.tiles = 3;
  const TileActivity activity = tile_activity(whole(100, 150, 64), three);
  CHECK(activity.cycles == 64 + 100 + kLatency);
  CHECK(activity.b_rows_loaded == 3 * 64);
  CHECK(activity.macs_issued == 100 * 64 * 192);
  CHECK(activity.macs_useful == 100 * 64 * 150);
}

/// The loop nest of tile_command.h, pass after pass.
TileActivity walked(const TileCommand& command, const TileGeometry& geometry) {
  const std::int64_t columns = std::int64_t{geometry.cols} * geometry.tiles;
  const std::int64_t lanes = geometry.lanes;
  const std::int64_t last_chunk = (command.shape.k - 1) / lanes;
  const bool two_level =
      command.arithmetic.accumulator == AccumulatorType::fp16x2 && last_chunk >= kChunksPerGroup;
  const bool two_rows_a_clock = geometry.precision == TilePrecision::fp8;
  TileActivity activity;
  Cycles busy = 0;
  const auto load = [&] {
    activity.b_rows_loaded += lanes * geometry.tiles;
    const Cycles clocks = two_rows_a_clock ? lanes / 2 + lanes % 2 : lanes;
    activity.weight_load += std::max<Cycles>(0, clocks - busy);
  };
  for (std::int64_t g = command.g_begin; g < command.g_end; ++g) {
    for (std::int64_t n = command.n_begin; n < command.n_end; n += columns) {
      std::int64_t in_place = -1;
      for (std::int64_t m = command.m_begin; m < command.m_end; m += geometry.acc_rows) {
        const std::int64_t rows = std::min<std::int64_t>(geometry.acc_rows, command.m_end - m);
        for (std::int64_t k = command.k_begin; k < command.k_end; k += lanes) {
          if (k != in_place) load();
          in_place = k;
          const std::int64_t chunk = k / lanes;
          const bool folds =
              two_level && (chunk % kChunksPerGroup == kChunksPerGroup - 1 || chunk == last_chunk);
          activity.streaming += rows;
          activity.fold += folds ? rows : 0;
          busy = folds ? 2 * rows : rows;
          activity.macs_useful +=
              rows * std::min(columns, command.n_end - n) * std::min(lanes, command.k_end - k);
        }
      }
    }
  }
  activity.fill_drain = tile_latency(geometry);
  activity.cycles = activity.streaming + activity.fold + activity.weight_load + activity.fill_drain;
  activity.macs_issued = activity.streaming * lanes * columns;
  activity.accumulations = (activity.streaming + activity.fold) * columns;
  return activity;
}

TEST_CASE("The closed form equals the walk through all passes, on random commands and arrays") {
  const unsigned seed = 20;
  std::mt19937 random(seed);
  for (int i = 0; i < 3000; ++i) {
    TileGeometry geometry{TilePrecision::nibble4, static_cast<int>(pick(random, 1, 40)),
                          static_cast<int>(pick(random, 1, 20)),
                          static_cast<int>(pick(random, 1, 80)),
                          static_cast<int>(pick(random, 1, 3))};
    if (i % 3 != 0) geometry.precision = i % 3 == 1 ? TilePrecision::fp16 : TilePrecision::fp8;
    const std::int64_t chunks = i % 4 == 0 ? pick(random, 60, 200) : pick(random, 1, 4);
    const GemmShape shape{pick(random, 1, 300), pick(random, 1, 120),
                          chunks * geometry.lanes - pick(random, 0, geometry.lanes - 1)};
    const std::vector<TileCommand> commands = random_commands(
        pick(random, 1, 4), shape, random_arithmetic(random, geometry.lanes), geometry, random);
    // Blocks are many and alike; the first and the last differ most.
    const std::size_t step = std::max<std::size_t>(1, commands.size() / 16);
    for (std::size_t at = 0; at < commands.size(); at += step) {
      const TileCommand& command = at + step < commands.size() ? commands[at] : commands.back();
      const TileActivity formula = tile_activity(command, geometry);
      const TileActivity wanted = walked(command, geometry);
      INFO("seed " << seed << ", case " << i << ", command " << at << ": " << activity_text(formula)
                   << " against " << activity_text(wanted));
      REQUIRE(formula == wanted);
    }
  }
}

TEST_CASE("The closed form of a huge command costs no walk through its passes") {
  const TileCommand command = whole(2'000'000'000, 1'000'000, 63 * 64);
  const std::int64_t blocks = 15'625'000 * std::int64_t{15'625};  // of rows, of columns
  CHECK(tile_activity(command, kTile).b_rows_loaded == blocks * 63 * 64);
}

TEST_CASE("An array at its peak rate takes the useful MACs over its cells, and nothing else") {
  const TileActivity ideal = peak_rate_activity(whole(100, 65, 70), kTile);
  CHECK(ideal.cycles == 112);  // 455,000 MACs on 4,096 cells: 111.1
  CHECK(ideal.streaming == ideal.cycles);
  CHECK(ideal.macs_useful == 455'000);
  CHECK(ideal.macs_issued == ideal.macs_useful);
  CHECK(ideal.b_rows_loaded == 2 * 2 * 64);
  check_sum(ideal);
}

TEST_CASE("Commands that the tile cannot run are refused") {
  const auto refused = [](const TileCommand& command) {
    CHECK_THROWS_AS(tile_activity(command, kTile), std::invalid_argument);
  };
  TileCommand command = whole(0, 64, 64);
  refused(command);
  command = whole(10, 10, 100);
  command.m_end = 11;
  refused(command);
  command = whole(10, 10, 100);
  command.n_begin = -1;
  refused(command);
  command = whole(10, 10, 200);
  command.k_begin = 32;
  refused(command);
  command = whole(10, 10, 200);
  command.k_end = 100;
  refused(command);
  command = whole(10, 10, 200);
  command.k_end = 128;
  CHECK_NOTHROW(tile_activity(command, kTile));
  command = whole(129, 10, 200);
  command.k_end = 128;
  refused(command);
  command = whole(64, 128, 200);  // two blocks of columns share the accumulators
  command.k_end = 128;
  CHECK_NOTHROW(tile_activity(command, kTile));
  command = whole(64, 129, 200);
  command.k_end = 128;
  refused(command);
  command = whole(10, 10, 200);
  command.k_end = 128;
  command.g_end = 2;
  refused(command);
  command = whole(10, 10, 100);
  command.g_begin = 1;
  refused(command);
  command = whole(10, 10, 100);
  command.arithmetic.chunk_len = 32;
  refused(command);
  command = whole(10, 10, 100);
  command.arithmetic.accumulator = AccumulatorType::fp32;
  refused(command);
  command = whole(10, 10, 100);
  command.precision = TilePrecision::fp16;
  refused(command);
}

}  // namespace
}  // namespace nibble
