// Prints port traffic for nb_tile_tb.sv, one clock a line, with the results that gemm_reference and
// tile_timing expect: every pair of formats, extreme and random codes, K beyond one group of
// chunks. The first lines, which are all that gates are played, hold a fold and every pair with
// random codes. The tile of the bench has 16 lanes, 4 columns and 4 accumulator rows.
#include <random>
#include <vector>

#include "tools/energy/port_traffic.h"

namespace nibble {
namespace {

constexpr TileGeometry kGeometry{TilePrecision::nibble4, 16, 4, 4, 1};

/// Codes all extreme (kind 0: 15, 1: 7, 2: 8), otherwise random.
std::vector<NibbleCode> codes(std::int64_t count, int kind, std::mt19937& random) {
  std::vector<NibbleCode> result(static_cast<std::size_t>(count));
  for (NibbleCode& code : result) {
    code = static_cast<NibbleCode>(kind == 0   ? 15U
                                   : kind == 1 ? 7U
                                   : kind == 2 ? 8U
                                               : random() & 15U);
  }
  return result;
}

void print_all() {
  std::mt19937 random(7);
  PortTraffic traffic(kGeometry);
  for (int i = 0; i < 64; ++i) {
    // Eight rounds of all pairs of formats; in each, another pair has more chunks than a group.
    const int round = i / 8;
    const bool two_level = i % 8 == round;
    TileCommand command;
    command.arithmetic.stream = static_cast<StreamFormat>(i % 4);
    command.arithmetic.stationary = static_cast<StationaryFormat>(i / 4 % 2);
    command.arithmetic.accumulator =
        round % 2 == 0 || two_level ? AccumulatorType::fp16x2 : AccumulatorType::fp16;
    command.arithmetic.chunk_len = kGeometry.lanes;
    command.shape = {1 + (i + 2) % 9, 1 + (i / 2 + 3) % 4,
                     two_level ? 1030 + round * 150 : 1 + (i * 7) % 50};
    command.m_end = command.shape.m;
    command.n_end = command.shape.n;
    command.k_end = command.shape.k;
    // Random against random in the first round, then every kind meets others.
    const auto a = codes(command.shape.m * command.shape.k, (round + 3) % 4, random);
    const auto b =
        codes(command.shape.k * command.shape.n, (round + (round < 4 ? 3 : 0)) % 4, random);
    std::vector<Fp16Code> c(static_cast<std::size_t>(command.shape.m * command.shape.n));
    gemm_reference(command.shape, command.arithmetic, a.data(), b.data(), c.data());
    traffic.play(command, a, b, c);
  }
}

}  // namespace
}  // namespace nibble

int main() { nibble::print_all(); }
