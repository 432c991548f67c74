// Runs points of a sweep as they are asked for, whoever chooses them: each configuration once, in a
// process of its own, several at the same time; what comes out is kept in the database.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/base/progress.h"
#include "sim/driver/stage_memo.h"
#include "sim/sweep/point_database.h"
#include "sim/sweep/point_process.h"
#include "sim/sweep/resolved_point.h"
#include "sim/sweep/stop_signals.h"
#include "sim/sweep/sweep.h"

namespace nibble {

struct SweepRunOptions {
  int jobs = 1;                        // points at the same time
  std::optional<double> most_seconds;  // that a point may take; longer is a fault
  bool retry_failed = false;
  /// If set, is told each point that is to be run, which is then left to others.
  std::function<void(const Point& point, const std::string& key)> leave;
};

/// Of the sweep's points, each counted once.
struct Evaluations {
  std::int64_t points = 0;    // of the design
  std::int64_t excluded = 0;  // by constraints; not counted in points
  std::int64_t run = 0;       // now
  std::int64_t failed = 0;    // of those run now
  std::vector<std::string>
      killed;            // what became of points that have no result: tried again next time
  bool stopped = false;  // by SIGINT or SIGTERM
};

/// A point that was asked for.
struct AskedPoint {
  std::string key;       // of its configuration
  double violation = 0;  // of the constraints, as far as known beforehand: above 0 it is not run
};

class PointEvaluator {
 public:
  /// `most`: points that will be asked for. check_settings() has found nothing.
  PointEvaluator(const Sweep& sweep, const SweepRunOptions& options, PointDatabase& database,
                 std::int64_t most);

  /// The next point of the design, unless a constraint excludes it; starts it if it is to be run
  /// and has not been. Waits while as many run as may. Throws BadInput if a constraint or an
  /// objective names no figure.
  AskedPoint ask(const Point& point);
  /// Until all that were asked for have ended, or somebody wants to stop.
  void wait();
  /// What has come of a point; nothing if it has not ended, or was killed. Without layers. Throws
  /// as ask().
  [[nodiscard]] std::optional<FinishedPoint> finished(const std::string& key);

  [[nodiscard]] static bool stop_asked() { return StopSignals::asked(); }
  [[nodiscard]] bool any_killed() const { return !evaluations_.killed.empty(); }
  /// What the points are asked for, in the line on the terminal.
  void show_label(const std::string& label) { progress_->relabel(label); }
  /// Another point has been asked for that was before.
  void skip();

  /// To be called once, when no more points are asked for. Throws BadInput if constraints have
  /// excluded all.
  [[nodiscard]] Evaluations finish();

 private:
  void note_constraints_of_results(const Json& known);
  void check_constraint(const Constraint& constraint) const;
  [[nodiscard]] bool take(const Point& point, ResolvedPoint& resolved);
  void collect(int milliseconds);
  [[nodiscard]] bool is_late(double seconds) const;
  [[nodiscard]] FinishedPoint late(const std::string& key) const;
  void tell_changed_file(PointAnswer& answer);
  void keep(const PointAnswer& answer);
  void check_keys_of(const Json& result);

  const Sweep& sweep_;
  const SweepRunOptions& options_;
  PointDatabase& database_;
  PointResolver resolver_;
  StopSignals signals_;
  StageMemo memo_{StageMemo::kOfASweep};
  std::set<std::string> taken_;
  std::optional<Json> any_result_;             // by which keys are judged
  bool any_admitted_ = false;                  // by constraints
  std::set<const Constraint*> of_the_result_;  // constraints of figures that are known only then
  std::list<PointProcess> running_;
  std::map<std::string, FileStates> files_;  // of points that run, by their key
  std::optional<Progress> progress_;
  Evaluations evaluations_;
};

}  // namespace nibble
