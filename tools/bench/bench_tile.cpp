// How fast the 4-bit tile runs under Verilator: the bare RTL clocked with rows that are already
// packed, the same inside VerilatedTile::execute with packing, results and the clock check, and
// both against the SIMD GEMM of the same shape in the same run. Exits 1 below the ratios it vouches
// for.
#include <algorithm>
#include <random>
#include <vector>

#include <fmt/core.h>

#include "sim/tile/tile_backend.h"
#include "tools/bench/bare_tile.h"
#include "tools/bench/verdicts.h"

namespace nibble {
namespace {

constexpr double kLeastBackendShare = 0.8;      // of the bare rate
constexpr double kLeastGemmShare = 1.0 / 50.0;  // of the SIMD GEMM's rate
constexpr int kRounds = 15;

struct Rates {
  double bare, backend, gemm;
};

Rates measure(const TileGeometry& geometry, StreamFormat stream) {
  std::mt19937 random(1);
  // Nine chunks, as a 3x3 layer with as many channels as lanes.
  TileCommand command;
  command.shape = {784, geometry.cols, static_cast<std::int64_t>(9) * geometry.lanes};
  command.arithmetic.stream = stream;
  command.arithmetic.chunk_len = geometry.lanes;
  command.m_end = command.shape.m;
  command.n_end = command.shape.n;
  command.k_end = command.shape.k;
  const auto a = random_codes(command.shape.m * command.shape.k, random);
  const auto b = random_codes(command.shape.k * command.shape.n, random);
  std::vector<Fp16Code> c(static_cast<std::size_t>(command.shape.m * command.shape.n));
  const TileOperands operands{a.data(), b.data(), c.data()};
  const auto backend = make_tile_backend(Engine::rtl, geometry);
  BareTile bare(geometry, stream, random);
  // Round after round, so that a slow spell of the machine meets all three.
  Rates best{};
  for (int round = 0; round < kRounds; ++round) {
    best.bare = std::max(best.bare, bare.run());
    best.backend =
        std::max(best.backend,
                 rate(command.shape.macs(), [&] { (void)backend->execute(command, &operands); }));
    best.gemm = std::max(best.gemm, rate(4 * command.shape.macs(), [&] {
                           for (int i = 0; i < 4; ++i) {
                             gemm(command.shape, command.arithmetic, a.data(), b.data(), c.data());
                           }
                         }));
  }
  return best;
}

int run() {
  fmt::print("GMAC/s of one core (processor time, best of {} rounds)\n", kRounds);
  fmt::print("{:<8} {:<9} {:>9} {:>9} {:>12} {:>10} {:>10}\n", "tile", "stream", "bare RTL",
             "backend", "of the bare", "SIMD GEMM", "GEMM/bare");
  Verdicts verdicts;
  for (const int lanes : {64, 32, 16}) {
    for (const StreamFormat stream : {StreamFormat::u4, StreamFormat::fp4_even}) {
      const Rates rates = measure({TilePrecision::nibble4, lanes, lanes, 128, 1}, stream);
      const double share = rates.backend / rates.bare;
      fmt::print("{:<8} {:<9} {:>9.2f} {:>9.2f} {:>11.0f}% {:>10.1f} {:>10.1f}\n",
                 fmt::format("{0}x{0}", lanes), stream == StreamFormat::u4 ? "u4" : "fp4_even",
                 rates.bare, rates.backend, 100 * share, rates.gemm, rates.gemm / rates.bare);
      if (lanes != 64) continue;
      const char* name = stream == StreamFormat::u4 ? "u4" : "fp4";
      verdicts.at_least(fmt::format("tile 64x64 {}, engine over bare RTL", name), share,
                        kLeastBackendShare, "x");
      verdicts.at_least(fmt::format("tile 64x64 {}, bare RTL over SIMD GEMM", name),
                        rates.bare / rates.gemm, kLeastGemmShare, "x");
    }
  }
  return verdicts.finish();
}

}  // namespace
}  // namespace nibble

int main() { return nibble::run(); }
