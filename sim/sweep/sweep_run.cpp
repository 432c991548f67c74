#include "sim/sweep/sweep_run.h"

#include <list>
#include <set>

#include <fmt/format.h>

#include "sim/base/progress.h"
#include "sim/sweep/point_process.h"
#include "sim/sweep/resolved_point.h"
#include "sim/sweep/stop_signals.h"

namespace nibble {
namespace {

constexpr int kListenMilliseconds = 200;  // then deadlines and signals are looked at

class SweepRun {
 public:
  SweepRun(const Sweep& sweep, const SweepRunOptions& options, PointDatabase& database)
      : sweep_(sweep),
        options_(options),
        database_(database),
        resolver_(sweep, database.identity().program) {
    run_at_most(options.jobs);
  }

  SweepOutcome run() {
    resolver_.check_keys();
    const std::vector<Point> points = points_of(sweep_);
    progress_.emplace(sweep_.name, "points", static_cast<std::int64_t>(points.size()));
    const StopSignals signals;
    for (const Point& point : points) {
      if (StopSignals::asked()) break;
      if (!take(point)) progress_->skip();
      progress_->refresh();
    }
    while (!running_.empty() && !StopSignals::asked()) collect();
    outcome_.stopped = StopSignals::asked();
    running_.clear();  // ends what still runs
    progress_.reset();
    if (!outcome_.stopped) finish();
    return std::move(outcome_);
  }

 private:
  /// Reads a point and starts it, if it is to be run and has not been; or says that it is not.
  [[nodiscard]] bool take(const Point& point) {
    ResolvedPoint resolved = resolver_.resolve(point);
    if (resolved.experiment && !sweep_.constraints.empty() &&
        !fulfils(sweep_.constraints, figures_beforehand(*resolved.experiment))) {
      ++outcome_.excluded;
      return false;
    }
    any_admitted_ = any_admitted_ || resolved.experiment.has_value();
    database_.put_design(++outcome_.points, resolved.key, point);
    if (!taken_.insert(resolved.key).second) return false;  // as another point of this sweep
    if (database_.holds(resolved.key, !options_.retry_failed)) return false;
    if (!resolved.experiment) {
      PointAnswer answer;
      answer.point = {resolved.key, resolved.fault, {}};
      keep(answer);
      return true;
    }
    if (options_.leave) {
      options_.leave(point, resolved.key);
      return false;
    }
    while (running_.size() >= static_cast<std::size_t>(options_.jobs)) {
      if (StopSignals::asked()) return false;
      collect();
    }
    if (memo_.is_full()) memo_.clear();
    running_.emplace_back(resolved.key, std::move(*resolved.experiment), memo_);
    return true;
  }

  /// Waits a little for points that run, and keeps those that have ended.
  void collect() {
    listen_to_children(kListenMilliseconds);
    for (auto at = running_.begin(); at != running_.end();) {
      if (at->has_ended()) {
        const PointAnswer answer = at->answer(memo_);
        at = running_.erase(at);
        keep(answer);
      } else if (options_.most_seconds && at->seconds() > *options_.most_seconds) {
        PointAnswer late;
        late.point = {at->key(), fmt::format("took over {:g} s", *options_.most_seconds), {}};
        late.seconds = at->seconds();
        at = running_.erase(at);
        keep(late);
      } else {
        ++at;
      }
    }
  }

  void keep(const PointAnswer& answer) {
    if (!answer.killed.empty()) {
      // With the whole group, by Ctrl-C: nothing to tell.
      if (!StopSignals::asked()) outcome_.killed.push_back(answer.killed);
      return;
    }
    database_.put(answer.point, answer.seconds, answer.peak_rss_bytes);
    if (answer.point.fault.empty()) check_objectives(sweep_.objectives, answer.point.result);
    ++outcome_.run;
    outcome_.failed += answer.point.fault.empty() ? 0 : 1;
    progress_->advance();
    progress_->refresh();
  }

  /// All points have been looked at.
  void finish() {
    if (outcome_.excluded > 0 && !any_admitted_ && !sweep_.shard) {
      throw BadInput({sweep_.file, 0, 0}, "constraints",
                     fmt::format("are fulfilled by none of {} points", outcome_.excluded),
                     "allowed are bounds that leave some");
    }
    database_.end_design(outcome_.points);
  }

  const Sweep& sweep_;
  const SweepRunOptions& options_;
  PointDatabase& database_;
  PointResolver resolver_;
  StageMemo memo_;
  std::set<std::string> taken_;
  bool any_admitted_ = false;  // by constraints
  std::list<PointProcess> running_;
  std::optional<Progress> progress_;
  SweepOutcome outcome_;
};

}  // namespace

SweepOutcome run_sweep(const Sweep& sweep, const SweepRunOptions& options,
                       PointDatabase& database) {
  return SweepRun(sweep, options, database).run();
}

}  // namespace nibble
