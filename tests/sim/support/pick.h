// Draws for random tests: one generator a case, its seed printed by the test that fails.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <random>

namespace nibble::test {

using Random = std::mt19937_64;

/// Uniform in [least, most].
inline std::int64_t pick(Random& random, std::int64_t least, std::int64_t most) {
  return std::uniform_int_distribution<std::int64_t>(least, most)(random);
}

template <typename Value>
Value pick_of(Random& random, std::initializer_list<Value> values) {
  return values.begin()[pick(random, 0, static_cast<std::int64_t>(values.size()) - 1)];
}

/// True once in `n` draws on average.
inline bool one_in(Random& random, std::int64_t n) { return pick(random, 1, n) == 1; }

}  // namespace nibble::test
