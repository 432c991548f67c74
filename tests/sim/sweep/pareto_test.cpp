// The front of points that none beats, against the definition word by word.
#include "sim/sweep/pareto.h"

#include <random>

#include <catch2/catch.hpp>

namespace nibble {
namespace {

using Values = std::vector<std::vector<double>>;

bool is_beaten(const Values& values, std::size_t point) {
  for (const std::vector<double>& other : values) {
    bool as_good = true, better = false;
    for (std::size_t i = 0; i < other.size(); ++i) {
      as_good = as_good && other[i] >= values[point][i];
      better = better || other[i] > values[point][i];
    }
    if (as_good && better) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("A point is on the front unless another is as good in all and better in one") {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    const std::size_t objectives = 1 + random() % 3;
    Values values(random() % 40);
    for (std::vector<double>& point : values) {
      for (std::size_t i = 0; i < objectives; ++i) {
        point.push_back(static_cast<double>(random() % 6));  // ties are frequent
      }
    }
    std::vector<std::size_t> wanted;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!is_beaten(values, i)) wanted.push_back(i);
    }
    CHECK(pareto_front(values) == wanted);
  }
}

TEST_CASE("Equal points are on the front together, of one objective the best is") {
  CHECK(pareto_front({{1, 2}, {1, 2}, {0, 2}}) == std::vector<std::size_t>{0, 1});
  CHECK(pareto_front({{3}, {5}, {4}, {5}}) == std::vector<std::size_t>{1, 3});
  CHECK(pareto_front({}).empty());
}

}  // namespace nibble
