// One point, running in a process of its own.
#pragma once

#include <string>

#include "sim/base/stopwatch.h"
#include "sim/driver/child_process.h"
#include "sim/driver/experiment.h"
#include "sim/driver/stage_memo.h"
#include "sim/sweep/point_database.h"

namespace nibble {

/// What a point's process has to say.
struct PointAnswer {
  FinishedPoint point;
  double seconds = 0;
  std::int64_t peak_rss_bytes = 0;
  std::string killed;  // not empty: by what, and the point has no result
};

/// The experiment is copied into the process; its simulations run one after the other there.
class PointProcess {
 public:
  /// `memo` is what it knows of other points, also of those that end while it runs.
  PointProcess(std::string key, Experiment experiment, const StageMemo& memo);

  [[nodiscard]] const std::string& key() const { return key_; }
  [[nodiscard]] bool has_ended() const { return child_.has_ended(); }
  [[nodiscard]] double seconds() const { return since_.seconds(); }
  /// Waits. What it simulated goes to `memo`. To be called once.
  [[nodiscard]] PointAnswer answer(StageMemo& memo);

 private:
  std::string key_;
  Stopwatch since_;
  ChildProcess child_;
};

}  // namespace nibble
