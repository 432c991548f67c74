#include "sim/sweep/point_evaluator.h"

#include <utility>

#include <fmt/format.h>

#include "sim/sweep/constraints.h"
#include "sim/sweep/figures.h"
#include "sim/sweep/objectives.h"

namespace nibble {
namespace {

constexpr int kListenMilliseconds = 200;  // then deadlines and signals are looked at

}  // namespace

PointEvaluator::PointEvaluator(const Sweep& sweep, const SweepRunOptions& options,
                               PointDatabase& database, std::int64_t most)
    : sweep_(sweep),
      options_(options),
      database_(database),
      resolver_(sweep, database.identity().program) {
  run_at_most(options.jobs);
  progress_.emplace(sweep.name, "points", most);
}

AskedPoint PointEvaluator::ask(const Point& point) {
  collect(0);  // reading points takes time in which others end
  ResolvedPoint resolved = resolver_.resolve(point);
  AskedPoint asked{resolved.key};
  if (resolved.experiment && !sweep_.constraints.empty()) {
    const Json known = figures_beforehand(*resolved.experiment);
    note_constraints_of_results(known);
    asked.violation = violation_beforehand(sweep_.constraints, known);
  }
  if (asked.violation > 0) {
    ++evaluations_.excluded;
    skip();
    return asked;
  }
  any_admitted_ = any_admitted_ || resolved.experiment.has_value();
  database_.put_design(++evaluations_.points, resolved.key, point);
  if (!take(point, resolved)) skip();
  return asked;
}

void PointEvaluator::skip() {
  progress_->skip();
  progress_->refresh();
}

/// Constraints of figures that are not known beforehand.
void PointEvaluator::note_constraints_of_results(const Json& known) {
  // A grid walks on whatever comes out; only a search can avoid such points.
  if (!sweep_.search) check_known_beforehand(sweep_.constraints, known);
  for (const Constraint& constraint : sweep_.constraints) {
    if (excess(constraint, known)) continue;
    if (of_the_result_.insert(&constraint).second) check_constraint(constraint);
  }
}

/// Once it is known what results have: every result has the same, but for is_of_some_results().
void PointEvaluator::check_constraint(const Constraint& constraint) const {
  if (!any_result_ || is_of_some_results(constraint.key)) return;
  if (excess(constraint, *any_result_)) return;
  throw unknown_figure(constraint.place, "constraints.key", constraint.key, *any_result_);
}

/// Whether there was anything to do.
bool PointEvaluator::take(const Point& point, ResolvedPoint& resolved) {
  if (!taken_.insert(resolved.key).second) return false;  // as another point of this sweep
  if (database_.holds(resolved.key, !options_.retry_failed)) {
    if (!any_result_) (void)finished(resolved.key);  // keys are judged by old results, too
    return false;
  }
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
    if (stop_asked()) return false;
    collect(kListenMilliseconds);
  }
  if (memo_.is_full()) memo_.clear();
  files_[resolved.key] = std::move(resolved.files);
  running_.emplace_back(resolved.key, std::move(*resolved.experiment), memo_);
  return true;
}

void PointEvaluator::wait() {
  while (!running_.empty() && !stop_asked()) collect(kListenMilliseconds);
}

bool PointEvaluator::is_late(double seconds) const {
  return options_.most_seconds && seconds > *options_.most_seconds;
}

FinishedPoint PointEvaluator::late(const std::string& key) const {
  return {key, fmt::format("took over {:g} s", *options_.most_seconds), {}};
}

/// Waits so long for points that run, and keeps those that have ended.
void PointEvaluator::collect(int milliseconds) {
  listen_to_children(milliseconds);
  for (auto at = running_.begin(); at != running_.end();) {
    if (at->has_ended()) {
      PointAnswer answer = at->answer(memo_);
      tell_changed_file(answer);
      if (is_late(answer.seconds)) answer.point = late(at->key());
      at = running_.erase(at);
      keep(answer);
    } else if (is_late(at->seconds())) {
      PointAnswer answer;
      answer.point = late(at->key());
      answer.seconds = at->seconds();
      at = running_.erase(at);
      keep(answer);
    } else {
      ++at;
    }
  }
}

void PointEvaluator::keep(const PointAnswer& answer) {
  if (!answer.killed.empty()) {
    // With the whole group, by Ctrl-C: nothing to tell.
    if (!stop_asked()) evaluations_.killed.push_back(answer.killed);
    return;
  }
  database_.put(answer.point, answer.seconds, answer.peak_rss_bytes);
  // As the database has it: without what depends on the machine.
  if (answer.point.fault.empty() && !any_result_) (void)finished(answer.point.key);
  ++evaluations_.run;
  evaluations_.failed += answer.point.fault.empty() ? 0 : 1;
  progress_->advance();
  progress_->refresh();
}

/// With the first result, so that nobody waits for a thousand points to be told of a slip.
void PointEvaluator::check_keys_of(const Json& result) {
  if (any_result_) return;
  any_result_ = result;
  check_objectives(sweep_.objectives, result);
  for (const Constraint* constraint : of_the_result_) check_constraint(*constraint);
}

/// Its key is that of the files as they were before; what it has read may be others.
void PointEvaluator::tell_changed_file(PointAnswer& answer) {
  const auto files = files_.find(answer.point.key);
  if (files == files_.end()) return;
  for (const auto& [file, state] : files->second) {
    if (state_of(file) != state) answer.killed = "that of " + file + ", which changed meanwhile";
  }
  files_.erase(files);
}

std::optional<FinishedPoint> PointEvaluator::finished(const std::string& key) {
  std::optional<FinishedPoint> point = database_.find(key);
  if (point && point->fault.empty()) check_keys_of(point->result);
  return point;
}

Evaluations PointEvaluator::finish() {
  evaluations_.stopped = stop_asked();
  running_.clear();  // ends what still runs
  progress_.reset();
  if (evaluations_.stopped) return std::move(evaluations_);
  if (evaluations_.excluded > 0 && !any_admitted_ && !sweep_.shard) {
    throw BadInput({sweep_.file, 0, 0}, "constraints",
                   fmt::format("are fulfilled by none of {} points", evaluations_.excluded),
                   "allowed are bounds that leave some");
  }
  database_.end_design(evaluations_.points);
  return std::move(evaluations_);
}

}  // namespace nibble
