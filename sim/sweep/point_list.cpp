#include "sim/sweep/point_list.h"

#include <cstdio>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "sim/report/text_layout.h"
#include "sim/sweep/constraints.h"
#include "sim/sweep/resolved_point.h"
#include "sim/sweep/settings_check.h"

namespace nibble {
namespace {

/// Whether the constraints admit a point, or why it cannot be read: then a run counts it, too.
struct Judgement {
  bool is_admitted = true;
  std::string fault;
};

Judgement judge(const Sweep& sweep, const Point& point) {
  if (sweep.constraints.empty() || sweep.search) return {};
  std::optional<Experiment> experiment;
  try {
    experiment = read_point(sweep, point);
  } catch (const BadInput& fault) {
    return {true, fault.what()};
  }
  const Json known = figures_beforehand(*experiment);
  check_known_beforehand(sweep.constraints, known);
  return {violation_beforehand(sweep.constraints, known) == 0, ""};
}

}  // namespace

std::int64_t list_points(const Sweep& sweep, const std::function<bool(const ListedPoint&)>& visit) {
  check_settings(sweep);
  Sweep whole = sweep;  // numbers are those of all points, whichever shard runs them
  whole.shard.reset();
  const std::vector<Point> part = sweep.shard ? points_of(sweep) : std::vector<Point>{};
  std::set<Point> missing(part.begin(), part.end());
  std::int64_t number = 0, excluded = 0;
  for (Point& point : points_of(whole)) {
    const bool is_listed = !sweep.shard || missing.erase(point) > 0;
    Judgement judgement = judge(sweep, point);
    if (!judgement.is_admitted) {
      excluded += is_listed ? 1 : 0;
      continue;
    }
    ++number;
    if (is_listed && !visit({number, std::move(point), std::move(judgement.fault)})) break;
  }
  return excluded;
}

void print_points(const Sweep& sweep) {
  const std::int64_t excluded = list_points(sweep, [](const ListedPoint& point) {
    std::string line = fmt::format("{}", point.number);
    for (const auto& [key, value] : point.settings) {
      line.append(" ").append(key).append("=").append(value);
    }
    if (!point.fault.empty()) line += " cannot be read: " + point.fault;
    fmt::print("{}\n", line);
    return true;
  });
  std::fflush(stdout);  // the note comes last also where both go to one file
  if (sweep.search) {
    fmt::print(stderr,
               "this is the grid of a search, without its constraints: which points it asks for, "
               "and their numbers, depend on results\n");
  }
  if (excluded > 0) {
    fmt::print(stderr, "{} left out, outside the constraints\n",
               counted(excluded, "point") + (excluded == 1 ? " is" : " are"));
  }
}

}  // namespace nibble
