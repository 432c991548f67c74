#include "sim/sweep/slurm_wait.h"

#include <algorithm>
#include <cstdio>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>

#include "sim/base/bad_input.h"
#include "sim/base/stopwatch.h"
#include "sim/sweep/stop_signals.h"

namespace nibble {
namespace {

// Between two questions to Slurm's controller, which serves a whole cluster: twice as long each
// time while nothing changes.
constexpr double kFirstPause = 1, kLongestPause = 30;
constexpr double kPatience = 10;  // seconds until people want to know why nothing runs
constexpr int kLookMilliseconds = 100;

void sleep_for(double seconds) {
  for (const Stopwatch slept; slept.seconds() < seconds && !StopSignals::asked();) {
    poll(nullptr, 0, kLookMilliseconds);
  }
}

class TaskWait {
 public:
  TaskWait(const SlurmQueue& queue, const std::set<std::string>& jobs,
           std::optional<double> most_idle_seconds)
      : queue_(queue), jobs_(jobs), most_idle_seconds_(most_idle_seconds) {}

  std::vector<SlurmTask> run(const std::function<void()>& look) {
    double pause = kFirstPause;
    while (!StopSignals::asked()) {
      const bool has_changed = ask();
      look();
      if (has_answered_ && alive() == 0) break;
      check_idle();
      pause = has_changed ? kFirstPause : std::min(2 * pause, kLongestPause);
      sleep_for(most_idle_seconds_ ? std::min(pause, *most_idle_seconds_) : pause);
    }
    std::vector<SlurmTask> died;
    for (const auto& [id, task] : tasks_) {
      if (task.has_ended() && task.state != "COMPLETED") died.push_back(task);
    }
    return died;
  }

 private:
  /// Whether any task has changed.
  bool ask() {
    std::map<std::string, SlurmTask> before = std::move(tasks_);
    tasks_.clear();
    try {
      for (SlurmTask& task : queue_.tasks()) {
        if (jobs_.count(task.job) != 0) tasks_.emplace(task.id, std::move(task));
      }
    } catch (const SlurmSilent& fault) {
      tasks_ = std::move(before);
      tell(fault.what());
      return false;
    }
    has_answered_ = true;
    bool has_changed = false;
    for (auto& [id, task] : before) {
      const auto now = tasks_.find(id);
      has_changed |= now == tasks_.end() || now->second.state != task.state;
      if (now != tasks_.end()) continue;
      if (!task.has_ended()) task = SlurmQueue::forgotten(task);
      tasks_.emplace(id, task);
    }
    const bool runs = std::any_of(tasks_.begin(), tasks_.end(), [](const auto& entry) {
      return !entry.second.has_ended() && !entry.second.is_waiting();
    });
    if (runs) idle_ = Stopwatch();
    return has_changed;
  }

  [[nodiscard]] std::int64_t alive() const {
    return std::count_if(tasks_.begin(), tasks_.end(),
                         [](const auto& entry) { return !entry.second.has_ended(); });
  }

  /// Why tasks wait, in Slurm's words.
  [[nodiscard]] std::string reasons() const {
    std::set<std::string> reasons;
    for (const auto& [id, task] : tasks_) {
      if (task.is_waiting()) reasons.insert(task.reason);
    }
    std::string text;
    for (const std::string& reason : reasons) text += (text.empty() ? "" : "; ") + reason;
    return text;
  }

  void check_idle() {
    if (idle_.seconds() > kPatience && has_answered_) {
      tell(fmt::format("{} tasks wait and none runs ({})", alive(), reasons()));
    }
    if (!most_idle_seconds_ || idle_.seconds() < *most_idle_seconds_) return;
    if (!has_answered_) {
      throw bad_file("Slurm", fmt::format("has not answered for {:g} s", *most_idle_seconds_),
                     "the same command goes on, --queue-timeout says how long it waits");
    }
    const std::string fault = fmt::format("has run none of {} tasks for {:g} s ({})", alive(),
                                          *most_idle_seconds_, reasons());
    const std::string complaint = queue_.cancel();
    if (!complaint.empty()) {
      throw bad_file("Slurm", fmt::format("{}, but they go on: scancel says {}", fault, complaint),
                     fmt::format("scancel {} ends them", fmt::join(jobs_, " ")));
    }
    throw bad_file("Slurm", fault + ", so they are cancelled",
                   "--queue-timeout says how long they may wait, sinfo which nodes there are");
  }

  /// Once, until there is something else to say.
  void tell(const std::string& news) {
    if (news == told_) return;
    told_ = news;
    fmt::print(stderr, "{}\n", news);
  }

  const SlurmQueue& queue_;
  const std::set<std::string>& jobs_;
  std::optional<double> most_idle_seconds_;
  std::map<std::string, SlurmTask> tasks_;  // as last seen, by id
  bool has_answered_ = false;
  Stopwatch idle_;  // since a task ran
  std::string told_;
};

}  // namespace

std::vector<SlurmTask> wait_for_tasks(const SlurmQueue& queue, const std::set<std::string>& jobs,
                                      std::optional<double> most_idle_seconds,
                                      const std::function<void()>& look) {
  return TaskWait(queue, jobs, most_idle_seconds).run(look);
}

}  // namespace nibble
