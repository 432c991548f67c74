// Whole tiles under random commands: values against gemm_reference, clocks against the closed form
// (VerilatedTile throws if the RTL took others), the three engines against each other.
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

}  // namespace
}  // namespace nibble
