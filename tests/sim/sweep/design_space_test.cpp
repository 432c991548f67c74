// Points of a sweep: the grid in order, samples with the properties they are named for.
#include "sim/sweep/design_space.h"

#include <algorithm>
#include <map>
#include <set>

#include <catch2/catch.hpp>

namespace nibble {
namespace {

Axis axis(const std::string& key, int values) {
  Axis axis{{key}, {}, {}};
  for (int i = 0; i < values; ++i) axis.values.push_back({std::to_string(i)});
  return axis;
}

Sweep three_axes() {
  Sweep sweep;
  sweep.axes = {axis("a", 2), {{"b", "c"}, {{"0", "x"}, {"1", "y"}, {"2", "z"}}, {}}, axis("d", 4)};
  return sweep;
}

Sweep sampled(Sampling::Method method, std::int64_t points, std::uint64_t seed = 1) {
  Sweep sweep = three_axes();
  sweep.sampling = {method, points, seed};
  return sweep;
}

}  // namespace

TEST_CASE("The grid has every combination once, the last axis changes fastest") {
  const Sweep sweep = three_axes();
  CHECK(grid_size(sweep) == 24);
  const std::vector<Point> points = points_of(sweep);
  REQUIRE(points.size() == 24);
  CHECK(points[0] == Point{{"a", "0"}, {"b", "0"}, {"c", "x"}, {"d", "0"}});
  CHECK(points[1] == Point{{"a", "0"}, {"b", "0"}, {"c", "x"}, {"d", "1"}});
  CHECK(points[4] == Point{{"a", "0"}, {"b", "1"}, {"c", "y"}, {"d", "0"}});
  CHECK(points[23] == Point{{"a", "1"}, {"b", "2"}, {"c", "z"}, {"d", "3"}});
  CHECK(std::set<Point>(points.begin(), points.end()).size() == 24);
}

TEST_CASE("More points than a sweep may have are refused, a sample of them is not") {
  Sweep sweep;
  for (int i = 0; i < 30; ++i)
    sweep.axes.push_back(axis(std::string(1, static_cast<char>('a' + i)), 10));
  CHECK_THROWS_AS(points_of(sweep), BadInput);
  sweep.sampling = {Sampling::Method::random, 5, 1};
  CHECK(points_of(sweep).size() == 5);
}

TEST_CASE("The same seed draws the same sample, another seed another") {
  for (const auto method : {Sampling::Method::random, Sampling::Method::latin_hypercube}) {
    CHECK(points_of(sampled(method, 20)) == points_of(sampled(method, 20)));
    CHECK(points_of(sampled(method, 20)) != points_of(sampled(method, 20, 2)));
  }
}

TEST_CASE("A random sample has no point twice, one as large as the grid is the grid") {
  for (const std::int64_t count : {1, 12, 23, 24, 25}) {  // no sample is larger than its grid
    const std::vector<Point> points = points_of(sampled(Sampling::Method::random, count));
    const auto wanted = static_cast<std::size_t>(std::min<std::int64_t>(count, 24));
    CHECK(points.size() == wanted);
    CHECK(std::set<Point>(points.begin(), points.end()).size() == wanted);
  }
  CHECK(points_of(sampled(Sampling::Method::latin_hypercube, 25)).size() == 24);
}

TEST_CASE("A Latin hypercube takes each value of each axis equally often") {
  for (const std::int64_t count : {12, 24}) {
    const std::vector<Point> points = points_of(sampled(Sampling::Method::latin_hypercube, count));
    std::map<Setting, std::int64_t> often;
    for (const Point& point : points) {
      for (const Setting& setting : point) ++often[setting];
    }
    CHECK(often[{"a", "0"}] == count / 2);
    CHECK(often[{"b", "2"}] == count / 3);
    CHECK(often[{"c", "y"}] == count / 3);
    CHECK(often[{"d", "3"}] == count / 4);
  }
  // Fewer points than values: no value twice.
  Sweep sweep;
  sweep.axes = {axis("a", 100)};
  sweep.sampling = {Sampling::Method::latin_hypercube, 10, 3};
  const std::vector<Point> few = points_of(sweep);
  CHECK(std::set<Point>(few.begin(), few.end()).size() == 10);
}

TEST_CASE("A random sample takes all values, paired keys stay together") {
  std::map<Setting, int> often;
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    for (const Point& point : points_of(sampled(Sampling::Method::random, 3, seed))) {
      for (const Setting& setting : point) ++often[setting];
      CHECK(static_cast<int>(point[2].second[0] - 'x') == std::stoi(point[1].second));
    }
  }
  for (const auto& [setting, count] : often) {
    INFO(setting.first << " " << setting.second);
    const double wanted = setting.first == "a" ? 1500 : setting.first == "d" ? 750 : 1000;
    CHECK(std::abs(count - wanted) < 5 * std::sqrt(wanted));  // five standard deviations at most
  }
}

}  // namespace nibble
