// The closed form of tile commands, as the engine timing asks for it: commands a second, for
// commands of one pass up to commands of a billion. Exits 1 if the cost grows with the command.
#include <algorithm>
#include <ctime>
#include <vector>

#include <fmt/core.h>

#include "sim/tile/tile_timing.h"
#include "tools/bench/verdicts.h"

namespace nibble {
namespace {

constexpr TileGeometry kTile{TilePrecision::nibble4, 64, 64, 128, 1};
constexpr int kCommands = 200'000;
constexpr int kRounds = 5;
constexpr double kLeastRate = 5;   // million commands a second
constexpr double kMostGrowth = 3;  // largest over smallest command
constexpr std::int64_t kSizes[] = {64, 640, 6'400, 64'000};

/// Million commands a second, for commands of about `size` rows, columns and k.
double rate(std::int64_t size, std::int64_t& passes) {
  TileCommand command;
  command.shape = {size, size, size};
  command.n_end = command.k_end = size;
  Cycles sum = 0;
  const std::clock_t start = std::clock();
  for (int i = 0; i < kCommands; ++i) {
    command.m_end = size - i % 32;
    sum += tile_activity(command, kTile).cycles;
  }
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  passes = tile_activity(command, kTile).b_rows_loaded / kTile.lanes;
  // The sum is used, so that the loop stays.
  return sum > 0 ? kCommands / std::max(seconds, 1e-6) / 1e6 : 0;
}

int run() {
  fmt::print("closed form of a command on a 64 x 64 tile (processor time, best of {})\n", kRounds);
  fmt::print("{:>12}{:>14}{:>18}\n", "m = n = k", "passes", "Mcommands/s");
  double slowest = 0, fastest = 0;
  for (const std::int64_t size : kSizes) {
    double best = 0;
    std::int64_t passes = 0;
    for (int round = 0; round < kRounds; ++round) best = std::max(best, rate(size, passes));
    fmt::print("{:>12}{:>14}{:>18.1f}\n", size, passes, best);
    slowest = slowest == 0 ? best : std::min(slowest, best);
    fastest = std::max(fastest, best);
  }
  Verdicts verdicts;
  verdicts.at_least("closed form of a command", slowest, kLeastRate, "million/s");
  verdicts.at_most("the same, fastest size over slowest", fastest / slowest, kMostGrowth, "x");
  return verdicts.finish();
}

}  // namespace
}  // namespace nibble

int main() { return nibble::run(); }
