// How fast the FP16 baseline tile runs under Verilator, bare and inside VerilatedTile::execute with
// packing, results and the clock check. Exits 1 below the rate it vouches for.
#include <algorithm>
#include <ctime>
#include <random>
#include <vector>

#include <fmt/core.h>

#include "sim/tile/tile_backend.h"
#include "sim/tile/tile_rtl.h"
#include "tools/bench/verdicts.h"

namespace nibble {
namespace {

constexpr double kLeastMacsPerSecond = 20e6;  // bare 64x2, the smallest array a chip has
constexpr int kRounds = 9;

/// MAC/s of this thread's processor time for one run.
template <typename Run>
double rate(std::int64_t macs, Run&& run) {
  const std::clock_t start = std::clock();
  run();
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  return static_cast<double>(macs) / std::max(seconds, 1e-6);
}

std::vector<Fp16Code> random_codes(std::int64_t count, std::mt19937& random) {
  std::vector<Fp16Code> codes(static_cast<std::size_t>(count));
  for (Fp16Code& code : codes) code = static_cast<Fp16Code>(random() & 0xBFFFU);  // below 2
  return codes;
}

/// Passes of acc_rows rows, the next B loaded beside them: steady state, nothing but clocks.
double bare_rate(TileRtl& tile, const TileGeometry& geometry, std::vector<std::uint32_t>& rows) {
  constexpr int kPasses = 20;
  const int words = geometry.lanes / 2;
  return rate(kPasses * geometry.acc_rows * geometry.macs_per_cycle(), [&] {
    for (int clock = 0; clock < kPasses * geometry.acc_rows; ++clock) {
      const int row = clock % geometry.acc_rows;
      TilePorts ports;
      ports.a_valid = true;
      ports.a_swap = row == 0;
      ports.a_first = clock / geometry.acc_rows % 9 == 0;
      ports.a_last = clock / geometry.acc_rows % 9 == 8;
      ports.a_acc = row;
      ports.a_row = rows.data() + static_cast<std::ptrdiff_t>(row) * words;
      ports.b_row = row < geometry.lanes ? ports.a_row : nullptr;
      ports.b_lane = row;
      static_cast<void>(tile.clock(ports));
    }
  });
}

double backend_rate(const TileGeometry& geometry, std::mt19937& random) {
  TileCommand command;
  command.precision = TilePrecision::fp16;
  command.shape = {512, geometry.cols, static_cast<std::int64_t>(3) * geometry.lanes};
  command.arithmetic.chunk_len = geometry.lanes;
  command.m_end = command.shape.m;
  command.n_end = command.shape.n;
  command.k_end = command.shape.k;
  const auto a = random_codes(command.shape.m * command.shape.k, random);
  const auto b = random_codes(command.shape.k * command.shape.n, random);
  std::vector<Fp16Code> c(static_cast<std::size_t>(command.shape.m * command.shape.n));
  const TileOperands operands{a.data(), b.data(), c.data()};
  const auto backend = make_tile_backend(Engine::rtl, geometry);
  return rate(command.shape.macs(),
              [&] { static_cast<void>(backend->execute(command, &operands)); });
}

int run() {
  fmt::print("one core (processor time, best of {} rounds)\n", kRounds);
  fmt::print("{:<8} {:>16} {:>16} {:>16}\n", "tile", "bare clocks/s", "bare MAC/s",
             "backend MAC/s");
  Verdicts verdicts;
  for (const TileGeometry& geometry : built_tiles()) {
    if (geometry.precision != TilePrecision::fp16) continue;
    std::mt19937 random(1);
    std::vector<std::uint32_t> rows(
        static_cast<std::size_t>(geometry.acc_rows * geometry.lanes / 2));
    for (std::uint32_t& word : rows) word = random() & 0xBFFFBFFFU;
    const auto tile = make_tile_rtl(geometry);
    double bare = 0;
    double backend = 0;
    for (int round = 0; round < kRounds; ++round) {
      bare = std::max(bare, bare_rate(*tile, geometry, rows));
      backend = std::max(backend, backend_rate(geometry, random));
    }
    fmt::print("{:<8} {:>14.2f} M {:>14.0f} M {:>14.0f} M\n",
               fmt::format("{}x{}", geometry.lanes, geometry.cols),
               bare / static_cast<double>(geometry.macs_per_cycle()) / 1e6, bare / 1e6,
               backend / 1e6);
    if (geometry.lanes != 64 || geometry.cols != 2) continue;
    verdicts.at_least("bare FP16 tile 64x2", bare / 1e6, kLeastMacsPerSecond / 1e6, "M MAC/s");
  }
  return verdicts.finish();
}

}  // namespace
}  // namespace nibble

int main() { return nibble::run(); }
