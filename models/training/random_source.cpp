#include "models/training/random_source.h"

#include <cmath>
#include <numeric>
#include <utility>

namespace nibble {
namespace {

constexpr double kTwoPi = 6.283185307179586;

/// SplitMix64's finaliser: neighbouring seeds and streams become unrelated ones.
std::uint64_t mixed(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

}  // namespace

RandomSource::RandomSource(std::uint64_t seed, std::uint64_t stream)
    : engine_(mixed(mixed(seed) + stream)) {}

double RandomSource::uniform() {
  return (static_cast<double>(engine_() >> 12) + 0.5) * std::ldexp(1.0, -52);
}

double RandomSource::normal() {  // Box and Muller; the second number is not kept
  const double radius = std::sqrt(-2.0 * std::log(uniform()));
  return radius * std::cos(kTwoPi * uniform());
}

std::vector<std::int64_t> RandomSource::permutation(std::int64_t count) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[below(i)]);
  return order;
}

}  // namespace nibble
