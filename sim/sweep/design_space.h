// The points of a sweep, in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/sweep/sweep.h"

namespace nibble {

/// What the axes say at a point, an entry a key.
using Point = std::vector<Setting>;

/// Points of the whole grid. Throws BadInput above the most that a sweep may have.
[[nodiscard]] std::int64_t grid_size(const Sweep& sweep);
/// The same, but `most` if there are as many or more.
[[nodiscard]] std::int64_t grid_size(const Sweep& sweep, std::int64_t most);

/// How many points a sweep asks for, before constraints; a search may ask for some of them twice.
/// Throws BadInput as grid_size().
[[nodiscard]] std::int64_t points_asked_for(const Sweep& sweep);

/// Point `number` of the grid, from 0; the last axis changes fastest.
[[nodiscard]] Point grid_point(const Sweep& sweep, std::int64_t number);

/// The point that takes the given value of each axis, both counted from 0.
[[nodiscard]] Point point_at(const Sweep& sweep, const std::vector<std::size_t>& values);

/// All that are to be run: the grid, or a sample of it. The same seed gives the same points.
/// A sample has no more points than the grid. Random: without replacement, each point as likely as
/// any other. Latin hypercube: every axis is divided among the points evenly (McKay, Beckman,
/// Conover 1979), which may draw a point twice where there are few values an axis and many points.
/// Of a shard every N-th of them, as neighbours cost alike: which ones depends on the sweep's file
/// alone, so shards may start at any time, also again. Of equal points the first counts.
[[nodiscard]] std::vector<Point> points_of(const Sweep& sweep);

}  // namespace nibble
