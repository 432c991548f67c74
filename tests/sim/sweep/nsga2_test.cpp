// The algorithm alone: on functions whose best points are known, and against a naive search of all.
#include "sim/sweep/nsga2.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>

#include <catch2/catch.hpp>

#include "sim/sweep/hypervolume.h"

namespace nibble {
namespace {

using Function = std::function<Worth(const Genes&)>;
using Goals = std::vector<double>;

/// ZDT1 (Zitzler, Deb, Thiele 2000) on a lattice: its front is where all variables but the first
/// are 0.
Worth zdt1(const Genes& genes) {
  constexpr double kLast = 20;
  const double first = static_cast<double>(genes[0]) / kLast;
  double sum = 0;
  for (std::size_t i = 1; i < genes.size(); ++i) sum += static_cast<double>(genes[i]) / kLast;
  const double g = 1 + 9 * sum / static_cast<double>(genes.size() - 1);
  return {{-first, -g * (1 - std::sqrt(first / g))}, 0};
}

/// BNH (Binh, Korn 1997), two goals and two constraints, on a lattice.
Worth bnh(const Genes& genes) {
  const double x = 5.0 * static_cast<double>(genes[0]) / 40;
  const double y = 3.0 * static_cast<double>(genes[1]) / 40;
  const double outside = std::max(0.0, (x - 5) * (x - 5) + y * y - 25) +
                         std::max(0.0, 7.7 - (x - 8) * (x - 8) - (y + 3) * (y + 3));
  return {{-4 * x * x - 4 * y * y, -(x - 5) * (x - 5) - (y - 5) * (y - 5)}, outside};
}

/// All points that were asked for, a list a generation.
std::vector<std::vector<Genes>> asked(const std::vector<std::size_t>& values,
                                      const Nsga2Settings& settings, const Function& function) {
  std::vector<std::vector<Genes>> generations;
  nsga2(values, function(Genes(values.size(), 0)).goals.size(), settings,
        [&](const std::vector<Genes>& batch) {
          generations.push_back(batch);
          std::vector<Worth> worths;
          worths.reserve(batch.size());
          for (const Genes& genes : batch) worths.push_back(function(genes));
          return worths;
        });
  return generations;
}

std::set<Genes> all_of(const std::vector<std::vector<Genes>>& generations) {
  std::set<Genes> all;
  for (const auto& batch : generations) all.insert(batch.begin(), batch.end());
  return all;
}

bool beats(const Goals& a, const Goals& b) {
  bool better = false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] < b[i]) return false;
    better = better || a[i] > b[i];
  }
  return better;
}

/// Goals of the points that no other beats, one by one against all.
std::set<Goals> front_of(const std::set<Genes>& points, const Function& function) {
  std::vector<Goals> feasible;
  for (const Genes& genes : points) {
    const Worth worth = function(genes);
    if (worth.violation == 0) feasible.push_back(worth.goals);
  }
  std::set<Goals> front;
  for (const Goals& goals : feasible) {
    const auto is_better = [&](const Goals& other) { return beats(other, goals); };
    if (std::none_of(feasible.begin(), feasible.end(), is_better)) front.insert(goals);
  }
  return front;
}

Nsga2Settings settings(unsigned population, unsigned generations, unsigned seed = 1) {
  Nsga2Settings settings;
  settings.population = population;
  settings.generations = generations;
  settings.seed = seed;
  return settings;
}

}  // namespace

TEST_CASE("The whole front of ZDT1 is found in a thousandth of its lattice") {
  const std::vector<std::size_t> values(5, 21);  // 4 million points
  std::set<Goals> front;
  for (std::size_t first = 0; first < 21; ++first) front.insert(zdt1({first, 0, 0, 0, 0}).goals);
  const std::set<Genes> points = all_of(asked(values, settings(40, 100), zdt1));
  INFO(points.size() << " points");
  CHECK(points.size() < 4084);
  CHECK(front_of(points, zdt1) == front);
}

TEST_CASE("With constraints the front is that of the points which fulfil them") {
  const std::vector<std::size_t> values(2, 41);
  std::set<Genes> lattice;
  for (std::size_t x = 0; x < 41; ++x) {
    for (std::size_t y = 0; y < 41; ++y) lattice.insert({x, y});
  }
  const auto volume = [](const std::set<Genes>& of) {
    const std::set<Goals> front = front_of(of, bnh);
    // The corners of BNH's goals.
    return hypervolume_share({front.begin(), front.end()}, {-140, -50}, {0, -4});
  };
  // The front has more points than the population: a part of it, but all along.
  const std::set<Genes> points = all_of(asked(values, settings(32, 20), bnh));
  INFO(points.size() << " points of " << lattice.size());
  CHECK(points.size() < lattice.size() / 4);
  CHECK(volume(points) > 0.99 * volume(lattice));
  CHECK(volume(points) <= volume(lattice));
}

TEST_CASE("A search finds its way in from outside the constraints, away from failed points") {
  // One point in 2000 is feasible, half of all fail.
  const auto function = [](const Genes& genes) -> Worth {
    if (genes[0] > 9) return {{0, 0}, std::numeric_limits<double>::infinity()};
    double outside = 0;
    for (const std::size_t gene : genes) outside += gene > 2 ? static_cast<double>(gene - 2) : 0;
    return {{static_cast<double>(genes[0]), -static_cast<double>(genes[0])}, outside};
  };
  const auto generations = asked({20, 20, 20, 20}, settings(20, 60), function);
  const auto is_feasible = [&](const Genes& genes) { return function(genes).violation == 0; };
  CHECK(std::none_of(generations[0].begin(), generations[0].end(), is_feasible));
  CHECK(std::any_of(generations.back().begin(), generations.back().end(), is_feasible));
}

TEST_CASE("A generation has as many points as the population, and no variable leaves its values") {
  const std::vector<std::size_t> values{3, 1, 7};
  const auto function = [](const Genes& genes) {
    return Worth{{static_cast<double>(genes[0]), static_cast<double>(genes[2])}, 0};
  };
  const auto generations = asked(values, settings(12, 5), function);
  CHECK(generations.size() == 6);
  for (const auto& batch : generations) {
    CHECK(batch.size() == 12);
    for (const Genes& genes : batch) {
      REQUIRE(genes.size() == values.size());
      for (std::size_t i = 0; i < genes.size(); ++i) CHECK(genes[i] < values[i]);
    }
  }
  CHECK(asked({1, 1, 1}, settings(12, 5), function) ==
        std::vector<std::vector<Genes>>{{{0, 0, 0}}});
}

TEST_CASE("The same seed asks for the same points, another for others") {
  const std::vector<std::size_t> values(5, 21);
  const auto once = asked(values, settings(20, 10, 7), zdt1);
  CHECK(asked(values, settings(20, 10, 7), zdt1) == once);
  CHECK(asked(values, settings(20, 10, 8), zdt1) != once);
}

TEST_CASE("Equal goals everywhere are no trouble, and faults of the judge come out") {
  const auto flat = [](const Genes&) { return Worth{{1, 1, 1}, 0}; };
  CHECK(asked({4, 4}, settings(16, 10), flat).size() == 11);
  const auto all_outside = [](const Genes&) { return Worth{{1, 1}, 0.5}; };
  CHECK(asked({4, 4}, settings(16, 10), all_outside).size() == 11);
  CHECK_THROWS_AS(nsga2({4, 4}, 2, settings(16, 10),
                        [](const std::vector<Genes>&) -> std::vector<Worth> {
                          throw std::out_of_range("stop");
                        }),
                  std::out_of_range);
}

TEST_CASE("The hypervolume is the part of the box that is dominated") {
  const Goals worst{0, 10}, best{4, 20};
  CHECK(hypervolume_share({}, worst, best) == 0);
  CHECK(hypervolume_share({{4, 20}}, worst, best) == Approx(1));
  CHECK(hypervolume_share({{4, 10}, {0, 20}}, worst, best) == 0);  // edges without width
  CHECK(hypervolume_share({{1, 20}, {3, 15}}, worst, best) == Approx(0.25 + 0.5 * 0.5));
  // A goal that is the same for all does not count.
  CHECK(hypervolume_share({{1, 7}, {3, 7}}, {0, 7}, {4, 7}) == Approx(0.75));
  // Two boxes of 1/8 that share 1/64.
  const Goals zero{0, 0, 0}, one{1, 1, 1};
  CHECK(hypervolume_share({{1, 0.5, 0.25}, {0.25, 0.5, 1}}, zero, one) ==
        Approx(2 * 0.125 - 0.25 * 0.5 * 0.25));
}

}  // namespace nibble
