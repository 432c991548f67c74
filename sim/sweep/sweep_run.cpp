#include "sim/sweep/sweep_run.h"

namespace nibble {
namespace {

SweepOutcome walk(const Sweep& sweep, const SweepRunOptions& options, PointDatabase& database) {
  const std::vector<Point> points = points_of(sweep);
  PointEvaluator evaluator(sweep, options, database, static_cast<std::int64_t>(points.size()));
  for (const Point& point : points) {
    if (PointEvaluator::stop_asked()) break;
    evaluator.ask(point);
  }
  evaluator.wait();
  return {evaluator.finish(), std::nullopt};
}

SweepOutcome search(const Sweep& sweep, const SweepRunOptions& options, PointDatabase& database) {
  PointEvaluator evaluator(sweep, options, database, points_asked_for(sweep));
  SearchRecord record = run_search(sweep, evaluator);
  return {evaluator.finish(), std::move(record)};
}

}  // namespace

SweepOutcome run_sweep(const Sweep& sweep, const SweepRunOptions& options,
                       PointDatabase& database) {
  return sweep.search ? search(sweep, options, database) : walk(sweep, options, database);
}

}  // namespace nibble
