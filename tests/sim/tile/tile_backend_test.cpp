// Whole tiles under random commands: values against the reference GEMMs, what was counted at the
// ports of the RTL against the closed form, the three engines against each other.
#include <stdexcept>

#include <catch2/catch.hpp>

#include "sim/tile/tile_timing.h"
#include "tests/sim/tile/random_commands.h"

namespace nibble {
namespace {

constexpr Fp16Code kUnwritten = 0x5555;

template <typename Code>
void run(TileBackend& backend, const RandomGemm<Code>& gemm,
         const std::vector<TileCommand>& commands, const TileGeometry& geometry) {
  std::vector<Fp16Code> c(gemm.results(), kUnwritten);
  const TileOperands operands{gemm.a.data(), gemm.b.data(), c.data()};
  for (const TileCommand& command : commands) {
    CHECK(backend.execute(command, &operands) == tile_activity(command, geometry));
  }
  CHECK(c == gemm.expected());
}

/// `count` random GEMMs with m, n in random ranges and up to `k_chunks` chunks.
template <typename Code = NibbleCode>
void run_random(Engine engine, const TileGeometry& geometry, int count, std::int64_t m_max,
                std::int64_t n_max, std::int64_t k_chunks, unsigned seed) {
  INFO("seed " << seed << ", " << geometry.lanes << " lanes, " << geometry.tiles << " tiles");
  std::mt19937 random(seed);
  const auto backend = make_tile_backend(engine, geometry);
  for (int i = 0; i < count; ++i) {
    const GemmShape shape{pick(random, 1, m_max), pick(random, 1, n_max),
                          pick(random, 1, k_chunks * geometry.lanes)};
    const RandomGemm<Code> gemm(shape, random_arithmetic(random, geometry.lanes), random);
    INFO("case " << i << ": " << gemm.text());
    run(*backend, gemm, random_commands(gemm, geometry, random), geometry);
  }
}

TileGeometry fp16_tile(int lanes, int cols, int tiles) {
  return {TilePrecision::fp16, lanes, cols, 128, tiles};
}

TileGeometry square(int lanes, int tiles) {
  return {TilePrecision::nibble4, lanes, lanes, 128, tiles};
}

TEST_CASE("The Verilated tile equals the reference GEMM, value and clock, under random commands") {
  run_random(Engine::rtl, square(16, 1), 40, 300, 40, 9, 1);
  run_random(Engine::rtl, square(16, 3), 30, 150, 120, 9, 2);
  run_random(Engine::rtl, square(32, 2), 30, 150, 150, 9, 3);
  run_random(Engine::rtl, square(64, 1), 40, 300, 150, 9, 4);
  run_random(Engine::rtl, square(64, 2), 20, 150, 300, 9, 5);
}

TEST_CASE("The Verilated tile folds groups of 64 chunks as fp16x2 says") {
  run_random(Engine::rtl, square(16, 1), 12, 40, 20, 260, 6);
  run_random(Engine::rtl, square(64, 1), 6, 12, 20, 200, 7);
  run_random(Engine::rtl, square(64, 2), 3, 3, 70, 140, 8);
}

TEST_CASE("The Verilated FP16 tile equals the reference GEMM, value and clock, K cut or whole") {
  run_random<Fp16Code>(Engine::rtl, fp16_tile(16, 4, 1), 30, 150, 12, 9, 13);
  run_random<Fp16Code>(Engine::rtl, fp16_tile(16, 16, 2), 20, 100, 70, 9, 14);
  run_random<Fp16Code>(Engine::rtl, fp16_tile(64, 9, 1), 15, 150, 20, 5, 15);
  run_random<Fp16Code>(Engine::rtl, fp16_tile(64, 2, 3), 15, 150, 14, 5, 16);
  run_random<Fp16Code>(Engine::rtl, fp16_tile(64, 16, 1), 10, 100, 30, 5, 18);
  // Beyond one group of 64 chunks.
  run_random<Fp16Code>(Engine::rtl, fp16_tile(16, 4, 1), 12, 20, 8, 200, 17);
}

/// What the RTL engine counts in a command for the whole of a GEMM of zeros.
TileActivity counted(const GemmShape& shape, const TileGeometry& geometry, std::int64_t k_end = 0) {
  TileCommand command;
  command.precision = geometry.precision;
  command.arithmetic.chunk_len = geometry.lanes;
  command.shape = shape;
  command.m_end = shape.m;
  command.n_end = shape.n;
  command.k_end = k_end != 0 ? k_end : shape.k;
  const std::vector<Fp16Code> zeros(static_cast<std::size_t>(std::max(shape.m, shape.n) * shape.k));
  std::vector<Fp16Code> c(static_cast<std::size_t>(shape.m * shape.n), kUnwritten);
  const TileOperands operands{zeros.data(), zeros.data(), c.data()};
  return make_tile_backend(Engine::rtl, geometry)->execute(command, &operands);
}

TEST_CASE("What the Verilated tile counts is what a person counts") {
  // Two chunks of 100 rows on two tiles, the second of which has 4 columns: the second B loads
  // beside the rows of the first.
  TileActivity by_hand;
  by_hand.weight_load = 16;
  by_hand.streaming = 2 * 100;
  by_hand.fill_drain = 5;
  by_hand.cycles = 16 + 200 + 5;
  by_hand.b_rows_loaded = 2 * 2 * 16;
  by_hand.macs_issued = 200 * 16 * 32;
  by_hand.macs_useful = 100 * 20 * 30;
  by_hand.accumulations = 200 * 32;
  CHECK(counted({100, 20, 30}, square(16, 2)) == by_hand);
  // The first of three chunks alone gives no result, yet is over when its last sum is in.
  by_hand = {16 + 3 + 5, 3, 0, 16, 5, 16, 3 * 256, 3 * 2 * 16, 3 * 16};
  CHECK(counted({3, 2, 40}, square(16, 1), 16) == by_hand);
  // 65 chunks of two rows: every B but the first waits 14 clocks behind two rows, the last 12
  // behind two rows and two folds.
  by_hand = {16 + 63 * 16 + 16 + 4 + 5,
             130,
             4,
             16 + 63 * 14 + 12,
             5,
             65 * 16,
             130 * 256,
             2 * 3 * 1040,
             134 * 16};
  CHECK(counted({2, 3, 1040}, square(16, 1)) == by_hand);
  // The FP16 tile's sum passes lane after lane.
  by_hand = {64 + 7 + 65, 7, 0, 64, 65, 64, 7 * 128, 7 * 2 * 10, 7 * 2};
  CHECK(counted({7, 2, 10}, fp16_tile(64, 2, 1)) == by_hand);
}

TEST_CASE("Every group brings its own B, and the first waits for it alone") {
  // Three groups of 20 rows and one chunk: 16 clocks of B beside 20 rows cost nothing.
  TileCommand command;
  command.shape = {20, 5, 9};
  command.arithmetic.chunk_len = 16;
  command.g_end = 3;
  command.m_end = 20;
  command.n_end = 5;
  command.k_end = 9;
  const std::vector<NibbleCode> zeros(3 * 20 * 9);
  std::vector<Fp16Code> c(3 * 20 * 5);
  const TileOperands operands{zeros.data(), zeros.data(), c.data()};
  const TileActivity by_hand = {
      16 + 60 + 5, 60, 0, 16, 5, 3 * 16, 60 * 256, std::int64_t{3} * 20 * 5 * 9, 60 * 16};
  for (const Engine engine : {Engine::rtl, Engine::model, Engine::timing}) {
    CHECK(make_tile_backend(engine, square(16, 1))->execute(command, &operands) == by_hand);
  }
}

TEST_CASE("The model tile equals the reference GEMM under random commands") {
  run_random(Engine::model, square(16, 3), 30, 200, 120, 70, 9);
  run_random(Engine::model, square(64, 1), 30, 200, 150, 9, 10);
  // Any geometry, built or not.
  run_random(Engine::model, {TilePrecision::nibble4, 128, 32, 64, 4}, 10, 200, 150, 5, 11);
}

TEST_CASE("The engines agree on every field of the activity") {
  std::mt19937 random(12);
  const TileGeometry geometry = square(16, 2);
  const auto rtl = make_tile_backend(Engine::rtl, geometry);
  const auto model = make_tile_backend(Engine::model, geometry);
  const auto timing = make_tile_backend(Engine::timing, geometry);
  for (int i = 0; i < 20; ++i) {
    const GemmShape shape{pick(random, 1, 200), pick(random, 1, 80), pick(random, 1, 1500)};
    const RandomGemm<NibbleCode> gemm(shape, random_arithmetic(random, 16), random);
    std::vector<Fp16Code> c(gemm.results());
    const TileOperands operands{gemm.a.data(), gemm.b.data(), c.data()};
    for (const TileCommand& command : random_commands(gemm, geometry, random)) {
      const TileActivity expected = timing->execute(command, nullptr);
      for (const TileActivity& got :
           {rtl->execute(command, &operands), model->execute(command, &operands)}) {
        INFO(activity_text(got) << " against " << activity_text(expected));
        CHECK(got == expected);
      }
    }
  }
}

/// Columns [begin, end) of a matrix with rows of `stride`.
std::vector<NibbleCode> columns_of(const std::vector<NibbleCode>& matrix, std::int64_t stride,
                                   std::int64_t begin, std::int64_t end) {
  std::vector<NibbleCode> part;
  for (auto row = matrix.begin(); row != matrix.end(); row += stride) {
    part.insert(part.end(), row + begin, row + end);
  }
  return part;
}

TEST_CASE("A part of K needs no more of the operands than that part") {
  const unsigned seed = 18;
  std::mt19937 random(seed);
  const TileGeometry geometry = square(16, 2);
  const auto rtl = make_tile_backend(Engine::rtl, geometry);
  const auto model = make_tile_backend(Engine::model, geometry);
  for (int i = 0; i < 30; ++i) {
    const GemmShape shape{pick(random, 1, 60), pick(random, 1, 50), pick(random, 500, 2500)};
    const RandomGemm<NibbleCode> gemm(shape, random_arithmetic(random, 16), random);
    INFO("seed " << seed << ", case " << i << ": " << gemm.text());
    std::vector<Fp16Code> rtl_c(gemm.results(), kUnwritten);
    std::vector<Fp16Code> model_c(gemm.results(), kUnwritten);
    for (const TileCommand& command : random_commands(gemm, geometry, random)) {
      // [G,M,k]; B's rows k are whole rows, so all groups of B are columns of [G,K*N].
      const auto a = columns_of(gemm.a, shape.k, command.k_begin, command.k_end);
      const auto b =
          columns_of(gemm.b, shape.k * shape.n, command.k_begin * shape.n, command.k_end * shape.n);
      TileOperands operands{a.data(), b.data(), rtl_c.data(), command.k_begin,
                            command.k_end - command.k_begin};
      const TileActivity counted = rtl->execute(command, &operands);
      operands.c = model_c.data();
      CHECK(model->execute(command, &operands) == counted);
    }
    CHECK(rtl_c == gemm.expected());
    CHECK(model_c == gemm.expected());
  }
}

TEST_CASE("A geometry that was not Verilated is refused with the list of those that were") {
  CHECK_THROWS_WITH(
      make_tile_backend(Engine::rtl, square(48, 1)),
      Catch::Equals("no Verilated 4-bit tile of 48x48x128 (lanes x columns x accumulator "
                    "rows); built are 16x16x128, 32x32x128, 64x64x128"));
  CHECK_NOTHROW(make_tile_backend(Engine::model, square(48, 1)));
  CHECK_THROWS_AS(make_tile_backend(Engine::timing, square(64, 0)), std::invalid_argument);
}

TEST_CASE("fp8 runs on an FP16 array, in the engine timing alone, and no array is of fp8") {
  const TileGeometry array = fp16_tile(16, 4, 1);
  TileCommand command;
  command.precision = TilePrecision::fp8;
  command.shape = {7, 4, 32};
  command.arithmetic.chunk_len = 32;
  command.m_end = 7;
  command.n_end = 4;
  command.k_end = 32;
  const std::vector<Fp16Code> zeros(7 * 32);
  std::vector<Fp16Code> c(7 * 4);
  const TileOperands operands{zeros.data(), zeros.data(), c.data()};
  // One chunk of twice the lanes, whose B loads two rows a clock; the sum ripples down the 16 lanes
  // of the array.
  const TileActivity by_hand = {16 + 7 + 17, 7, 0, 16, 17, 32, 7 * 128, 7 * 4 * 32, 7 * 4};
  CHECK(make_tile_backend(Engine::timing, array)->execute(command, nullptr) == by_hand);
  for (const Engine engine : {Engine::rtl, Engine::model}) {
    CHECK_THROWS_WITH(make_tile_backend(engine, array)->execute(command, &operands),
                      Catch::Contains("fp8 has no RTL"));
  }
  CHECK_THROWS_WITH(make_tile_backend(Engine::timing, square(16, 1))->execute(command, nullptr),
                    Catch::Contains("precision is not that of the array"));
  TileGeometry fp8 = array;
  fp8.precision = TilePrecision::fp8;
  CHECK_THROWS_AS(make_tile_backend(Engine::timing, fp8), std::invalid_argument);
}

TEST_CASE("Values need operands, time does not") {
  const TileGeometry geometry = square(16, 1);
  TileCommand command;
  command.shape = {1, 1, 1};
  command.m_end = command.n_end = command.k_end = 1;
  command.arithmetic.chunk_len = 16;
  CHECK_THROWS_AS(make_tile_backend(Engine::rtl, geometry)->execute(command, nullptr),
                  std::invalid_argument);
  CHECK_THROWS_AS(make_tile_backend(Engine::model, geometry)->execute(command, nullptr),
                  std::invalid_argument);
  CHECK(make_tile_backend(Engine::timing, geometry)->execute(command, nullptr).cycles ==
        16 + 1 + 5);
}

}  // namespace
}  // namespace nibble
