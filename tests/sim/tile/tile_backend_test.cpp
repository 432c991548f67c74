// Whole tiles under random commands: values against gemm_reference, clocks against the closed form
// (VerilatedTile throws if the RTL took others), the three engines against each other.
#include <stdexcept>

#include <catch2/catch.hpp>

#include "sim/tile/tile_timing.h"
#include "tests/sim/tile/random_commands.h"

namespace nibble {
namespace {

constexpr Fp16Code kUnwritten = 0x5555;

void run(TileBackend& backend, const RandomGemm& gemm, const std::vector<TileCommand>& commands,
         const TileGeometry& geometry) {
  std::vector<Fp16Code> c(static_cast<std::size_t>(gemm.shape.m * gemm.shape.n), kUnwritten);
  const TileOperands operands{gemm.a.data(), gemm.b.data(), c.data()};
  for (const TileCommand& command : commands) {
    const TileActivity activity = backend.execute(command, &operands);
    CHECK(activity.cycles == tile_activity(command, geometry).cycles);
  }
  CHECK(c == gemm.expected());
}

/// `count` random GEMMs with m, n in random ranges and up to `k_chunks` chunks.
void run_random(Engine engine, const TileGeometry& geometry, int count, std::int64_t m_max,
                std::int64_t n_max, std::int64_t k_chunks, unsigned seed) {
  INFO("seed " << seed << ", " << geometry.lanes << " lanes, " << geometry.tiles << " tiles");
  std::mt19937 random(seed);
  const auto backend = make_tile_backend(engine, geometry);
  for (int i = 0; i < count; ++i) {
    const GemmShape shape{pick(random, 1, m_max), pick(random, 1, n_max),
                          pick(random, 1, k_chunks * geometry.lanes)};
    const RandomGemm gemm(shape, random_arithmetic(random, geometry.lanes), random);
    INFO("case " << i << ": " << gemm.text());
    run(*backend, gemm, random_commands(gemm, geometry, random), geometry);
  }
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
    const RandomGemm gemm(shape, random_arithmetic(random, 16), random);
    std::vector<Fp16Code> c(static_cast<std::size_t>(shape.m * shape.n));
    const TileOperands operands{gemm.a.data(), gemm.b.data(), c.data()};
    for (const TileCommand& command : random_commands(gemm, geometry, random)) {
      const TileActivity expected = timing->execute(command, nullptr);
      for (const TileActivity& got :
           {rtl->execute(command, &operands), model->execute(command, &operands)}) {
        CHECK(got.cycles == expected.cycles);
        CHECK(got.streaming == expected.streaming);
        CHECK(got.fold == expected.fold);
        CHECK(got.weight_load == expected.weight_load);
        CHECK(got.fill_drain == expected.fill_drain);
        CHECK(got.b_rows_loaded == expected.b_rows_loaded);
        CHECK(got.macs_issued == expected.macs_issued);
        CHECK(got.macs_useful == expected.macs_useful);
        CHECK(got.accumulations == expected.accumulations);
      }
    }
  }
}

TEST_CASE("A geometry that was not Verilated is refused with the list of those that were") {
  CHECK_THROWS_WITH(make_tile_backend(Engine::rtl, square(48, 1)),
                    Catch::Contains("48 lanes") && Catch::Contains("16x16, 32x32 and 64x64"));
  CHECK_NOTHROW(make_tile_backend(Engine::model, square(48, 1)));
  CHECK_THROWS_AS(make_tile_backend(Engine::timing, square(64, 0)), std::invalid_argument);
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
