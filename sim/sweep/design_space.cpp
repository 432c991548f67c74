#include "sim/sweep/design_space.h"

#include <numeric>
#include <random>
#include <set>

#include <fmt/format.h>

namespace nibble {
namespace {

constexpr std::int64_t kMostPoints = 1'000'000;

void append(Point& point, const Axis& axis, std::size_t value) {
  for (std::size_t i = 0; i < axis.keys.size(); ++i) {
    point.emplace_back(axis.keys[i], axis.values[value][i]);
  }
}

/// Evenly from 0 to below `end`. Not std::uniform_int_distribution, which differs by library.
std::uint64_t drawn(std::mt19937_64& random, std::uint64_t end) {
  const std::uint64_t whole = UINT64_MAX - UINT64_MAX % end;  // beyond it the first are likelier
  std::uint64_t value = random();
  while (value >= whole) value = random();
  return value % end;
}

/// Which of `points` equal parts of an axis each point takes, in random order.
std::vector<std::int64_t> shuffled_parts(std::mt19937_64& random, std::int64_t points) {
  std::vector<std::int64_t> parts(static_cast<std::size_t>(points));
  std::iota(parts.begin(), parts.end(), 0);
  for (std::size_t i = parts.size(); i > 1; --i) {
    std::swap(parts[i - 1], parts[drawn(random, i)]);
  }
  return parts;
}

std::vector<Point> whole_grid(const Sweep& sweep) {
  std::vector<Point> points;
  const std::int64_t size = grid_size(sweep);
  for (std::int64_t i = 0; i < size; ++i) points.push_back(grid_point(sweep, i));
  return points;
}

/// Each place of the grid once at most.
std::vector<Point> random_sample(const Sweep& sweep) {
  const std::int64_t wanted = grid_size(sweep, sweep.sampling.points);
  std::mt19937_64 random(sweep.sampling.seed);
  std::set<std::vector<std::size_t>> taken;
  std::vector<Point> points;
  while (static_cast<std::int64_t>(points.size()) < wanted) {
    std::vector<std::size_t> values;
    for (const Axis& axis : sweep.axes) values.push_back(drawn(random, axis.values.size()));
    if (taken.insert(values).second) points.push_back(point_at(sweep, values));
  }
  return points;
}

/// Each value of an axis as often as its others. Few values may make the same point twice.
std::vector<Point> latin_hypercube(const Sweep& sweep) {
  const std::int64_t wanted = grid_size(sweep, sweep.sampling.points);
  std::mt19937_64 random(sweep.sampling.seed);
  std::vector<Point> points(static_cast<std::size_t>(wanted));
  for (const Axis& axis : sweep.axes) {
    const std::vector<std::int64_t> parts = shuffled_parts(random, wanted);
    for (std::size_t i = 0; i < points.size(); ++i) {
      // The middle of the part: values are few and discrete, a place inside it would add nothing.
      const auto twice = static_cast<std::uint64_t>(2 * parts[i] + 1) * axis.values.size();
      append(points[i], axis, twice / static_cast<std::uint64_t>(2 * wanted));
    }
  }
  return points;
}

std::vector<Point> all_points(const Sweep& sweep) {
  switch (sweep.sampling.method) {
    case Sampling::Method::grid:
      return whole_grid(sweep);
    case Sampling::Method::random:
      return random_sample(sweep);
    case Sampling::Method::latin_hypercube:
      return latin_hypercube(sweep);
  }
  return {};
}

std::vector<Point> part_of(const Shard& shard, const std::vector<Point>& all) {
  std::vector<Point> points;
  std::set<Point> known;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool is_first = known.insert(all[i]).second;
    const bool is_in = static_cast<std::int64_t>(i) % shard.of == shard.number - 1;
    if (is_first && is_in) points.push_back(all[i]);
  }
  return points;
}

}  // namespace

std::int64_t grid_size(const Sweep& sweep, std::int64_t most) {
  std::int64_t size = 1;
  for (const Axis& axis : sweep.axes) {
    size *= static_cast<std::int64_t>(axis.values.size());
    if (size >= most) return most;
  }
  return size;
}

std::int64_t grid_size(const Sweep& sweep) {
  const std::int64_t size = grid_size(sweep, kMostPoints + 1);
  if (size <= kMostPoints) return size;
  throw BadInput({sweep.file, 0, 0}, "axes", "make more points than a sweep may have",
                 fmt::format("allowed are {}, or a sample", kMostPoints));
}

std::int64_t points_asked_for(const Sweep& sweep) {
  if (sweep.search) return sweep.search->population * (sweep.search->generations + 1);
  if (sweep.sampling.method == Sampling::Method::grid) return grid_size(sweep);
  return grid_size(sweep, sweep.sampling.points);
}

Point grid_point(const Sweep& sweep, std::int64_t number) {
  std::vector<std::size_t> values(sweep.axes.size());
  for (std::size_t i = sweep.axes.size(); i-- > 0;) {
    const auto size = static_cast<std::int64_t>(sweep.axes[i].values.size());
    values[i] = static_cast<std::size_t>(number % size);
    number /= size;
  }
  return point_at(sweep, values);
}

Point point_at(const Sweep& sweep, const std::vector<std::size_t>& values) {
  Point point;
  for (std::size_t i = 0; i < values.size(); ++i) append(point, sweep.axes[i], values[i]);
  return point;
}

std::vector<Point> points_of(const Sweep& sweep) {
  const std::vector<Point> all = all_points(sweep);
  return sweep.shard ? part_of(*sweep.shard, all) : all;
}

}  // namespace nibble
