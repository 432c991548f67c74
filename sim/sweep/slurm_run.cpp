#include "sim/sweep/slurm_run.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/base/atomic_file.h"
#include "sim/base/bad_input.h"
#include "sim/base/progress.h"
#include "sim/report/text_layout.h"
#include "sim/sweep/shards.h"
#include "sim/sweep/slurm_batch.h"
#include "sim/sweep/slurm_folder.h"
#include "sim/sweep/slurm_queue.h"
#include "sim/sweep/slurm_wait.h"
#include "sim/sweep/stop_signals.h"

namespace nibble {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kTasks = 100;  // at most, unless the user says how many

/// Keys of the database are those of this program: it must be the one that runs.
std::string this_program() { return fs::read_symlink("/proc/self/exe").string(); }

class SlurmRun {
 public:
  SlurmRun(const Sweep& sweep, const SweepRunOptions& run, const SlurmOptions& slurm,
           const std::string& directory, PointDatabase& database)
      : sweep_(sweep),
        run_(run),
        slurm_(slurm),
        directory_(fs::canonical(directory).string()),
        program_(this_program()),
        database_(database),
        folder_(directory_),
        queue_(folder_.make_job_name(sweep.name)) {}

  SweepOutcome run() {
    // Once the design is written, another program's results are gone, as tasks need it.
    if (database_.will_discard()) SlurmQueue::try_out(slurm_.sbatch_arguments);
    SweepOutcome outcome = find_missing();
    const auto all = static_cast<std::int64_t>(missing_.size());
    if (outcome.stopped || all == 0) return outcome;
    const StopSignals signals;
    if (find_jobs()) wait();
    for (int round = 1; !missing_.empty() && !StopSignals::asked(); ++round) {
      if (round > slurm_.rounds) break;
      submit();
      wait();
    }
    outcome.stopped = StopSignals::asked();
    outcome.run += all - static_cast<std::int64_t>(missing_.size());
    outcome.failed += failed_;
    if (outcome.stopped) {
      fmt::print(stderr,
                 "Slurm goes on with job {0}: the same command waits for it, scancel {1} ends it\n",
                 fmt::join(jobs_, ", "), fmt::join(jobs_, " "));
    } else {
      outcome.killed.assign(missing_.size(), reason_);
    }
    return outcome;
  }

 private:
  /// The design goes to the database, what is to be run to missing_.
  SweepOutcome find_missing() {
    std::map<Point, std::int64_t> positions;
    std::int64_t next = 0;
    for (const Point& point : points_of(sweep_)) positions.emplace(point, next++);
    SweepRunOptions options = run_;
    options.leave = [&](const Point& point, const std::string& key) {
      missing_[key] = positions.at(point);
    };
    return run_sweep(sweep_, options, database_);
  }

  /// Those of an earlier start of the same folder.
  bool find_jobs() {
    try {
      for (const SlurmTask& task : queue_.tasks()) {
        if (!task.has_ended()) jobs_.insert(task.job);
      }
    } catch (const SlurmSilent& fault) {
      throw bad_file("Slurm", fmt::format("does not answer ({})", fault.what()));
    }
    if (!jobs_.empty()) fmt::print(stderr, "waiting for Slurm job {}\n", fmt::join(jobs_, ", "));
    return !jobs_.empty();
  }

  void submit() {
    std::vector<std::int64_t> positions;
    for (const auto& [key, position] : missing_) positions.push_back(position);
    const auto points = static_cast<std::int64_t>(positions.size());
    const std::int64_t tasks = std::min(points, slurm_.tasks.value_or(kTasks));
    const ShardPlan plan =
        plan_shards(positions, slurm_.points_per_task.value_or((points + tasks - 1) / tasks));
    write_file(folder_.script(),
               batch_script({program_, fs::current_path().string(), sweep_.file, directory_,
                             plan.of, run_.most_seconds, run_.retry_failed}));
    std::vector<std::string> arguments{"--output=" + folder_.log_pattern(), "--open-mode=append",
                                       "--ntasks=1", fmt::format("--cpus-per-task={}", run_.jobs)};
    arguments.insert(arguments.end(), slurm_.sbatch_arguments.begin(),
                     slurm_.sbatch_arguments.end());
    jobs_.clear();
    const std::int64_t size = SlurmQueue::last_index();
    for (std::size_t i = 0; i < plan.numbers.size();) {
      const std::int64_t base = (plan.numbers[i] - 1) / size * size;
      std::vector<std::int64_t> indices;  // of shards base + 1 to base + size
      for (; i < plan.numbers.size() && plan.numbers[i] <= base + size; ++i) {
        indices.push_back(plan.numbers[i] - base);
      }
      jobs_.insert(queue_.submit(arguments, indices, folder_.script(), std::to_string(base)));
    }
    fmt::print(stderr, "Slurm job {}: {} in {}\n", fmt::join(jobs_, ", "), counted(points, "point"),
               counted(static_cast<long long>(plan.numbers.size()), "task"));
  }

  /// For jobs_; then takes over what they have finished.
  void wait() {
    std::vector<SlurmTask> died;
    {
      Progress progress(sweep_.name, "points", static_cast<std::int64_t>(missing_.size()));
      std::int64_t shown = 0;
      died = wait_for_tasks(queue_, jobs_, slurm_.queue_seconds, [&] {
        const std::int64_t done = points_in_shards(directory_);
        if (done > shown) progress.advance(done - std::exchange(shown, done));
        progress.refresh();
      });
    }
    // Until a shard brings another result, a fault that is tried again stays in the database.
    const std::set<std::string> found = gather_shards(directory_, database_).keys;
    for (auto at = missing_.begin(); at != missing_.end();) {
      if (found.count(at->first) == 0) {
        ++at;
        continue;
      }
      failed_ += database_.holds(at->first, false) ? 0 : 1;
      at = missing_.erase(at);
    }
    if (!StopSignals::asked()) tell(died);
  }

  /// What became of tasks, if points are missing.
  void tell(const std::vector<SlurmTask>& died) {
    if (missing_.empty()) return;
    reason_ = "of a task that ended without it: have files changed since they were submitted?";
    if (!died.empty()) {
      const SlurmTask& first = died.front();
      const std::string words = folder_.last_words(first.id);
      reason_ = fmt::format("of Slurm task {} ({}{}{})", first.id, first.state,
                            first.reason.empty() ? "" : ", " + first.reason,
                            words.empty() ? "" : ": " + words);
    }
    fmt::print(stderr, "{} died, {} without a result, the first was {}\n",
               counted(static_cast<long long>(died.size()), "task"),
               counted(static_cast<long long>(missing_.size()), "point"), reason_);
  }

  const Sweep& sweep_;
  const SweepRunOptions& run_;
  const SlurmOptions& slurm_;
  std::string directory_, program_;
  PointDatabase& database_;
  SlurmFolder folder_;
  SlurmQueue queue_;
  std::set<std::string> jobs_;                   // of this round
  std::map<std::string, std::int64_t> missing_;  // key and position in the design
  std::int64_t failed_ = 0;
  std::string reason_;  // of what is missing
};

}  // namespace

SweepOutcome run_sweep_on_slurm(const Sweep& sweep, const SweepRunOptions& run,
                                const SlurmOptions& slurm, const std::string& directory,
                                PointDatabase& database) {
  SlurmFolder(directory).create();
  return SlurmRun(sweep, run, slurm, directory, database).run();
}

void refuse_beside_slurm(const std::string& directory) {
  const std::string name = SlurmFolder(directory).job_name();
  if (name.empty()) return;
  std::vector<SlurmTask> tasks;
  try {
    tasks = SlurmQueue(name).tasks();
  } catch (const BadInput&) {  // no Slurm here: the folder may have come from elsewhere
  } catch (const SlurmSilent& silent) {
    throw bad_file(directory,
                   fmt::format("may be worked on by Slurm, which says: {}", silent.what()),
                   "allowed when Slurm answers");
  }
  for (const SlurmTask& task : tasks) {
    if (task.has_ended()) continue;
    throw bad_file(
        directory, fmt::format("is being worked on by Slurm job {}", task.job),
        fmt::format("allowed is --executor slurm, which waits for it, or scancel {} first",
                    task.job));
  }
}

}  // namespace nibble
