// Seeded randomness that does not depend on a library's distributions: the same seed gives the same
// shuffles, flips and initial weights with any standard library.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace nibble {

class RandomSource {
 public:
  /// Different streams of one seed are independent.
  RandomSource(std::uint64_t seed, std::uint64_t stream);

  /// Uniform in [0, bound); the bias of the modulo is below 2^-40 for any bound used here.
  std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }
  bool coin() { return (engine_() >> 63) != 0; }
  double uniform();  // in (0, 1)
  double normal();   // mean 0, deviation 1

  /// A permutation of 0 .. count-1.
  std::vector<std::int64_t> permutation(std::int64_t count);

 private:
  std::mt19937_64 engine_;
};

}  // namespace nibble
