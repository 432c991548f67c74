// The points of a sweep as a run would number them, without running any.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "sim/sweep/design_space.h"

namespace nibble {

struct ListedPoint {
  std::int64_t number = 0;  // that of the result
  Point settings;
  std::string fault;  // why it cannot be read, as far as it has been
};

/// Shows each point that would run, of a shard those of the shard, until `visit` says false.
/// Returns how many before that are outside the constraints. Points are read only to judge these.
/// Of a search the whole grid, as which points it asks for depends on results. Throws BadInput as
/// a run does before its first point.
std::int64_t list_points(const Sweep& sweep, const std::function<bool(const ListedPoint&)>& visit);

/// `nibblesim sweep FILE --list`: a line a point; on standard error what the lines do not hold.
void print_points(const Sweep& sweep);

}  // namespace nibble
