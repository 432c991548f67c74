#include "sim/sweep/sweep_command.h"

#include <cstdio>
#include <filesystem>

#include <fmt/format.h>

#include "sim/base/atomic_file.h"
#include "sim/driver/child_process.h"
#include "sim/report/text_layout.h"
#include "sim/sweep/objectives.h"
#include "sim/sweep/point_command.h"
#include "sim/sweep/point_list.h"
#include "sim/sweep/points_csv.h"
#include "sim/sweep/settings_check.h"
#include "sim/sweep/shards.h"
#include "sim/sweep/sweep_file.h"
#include "sim/sweep/sweep_page.h"
#include "sim/sweep/sweep_run.h"

namespace nibble {
namespace {

constexpr int kStopped = 130;  // as shells say it of SIGINT

/// Points without a result, and why.
void print_killed(const std::vector<std::string>& killed) {
  if (killed.empty()) return;
  fmt::print(stderr, "{} {} no result, the first was {}; the same command tries again\n",
             killed.size(), killed.size() == 1 ? "point has" : "points have", killed.front());
}

/// The results stay: which of them are points of the sweep its file says.
void tell_changed_file(const std::string& file, const Sweep& sweep, const std::string& former) {
  const auto had = points_asked_for(parse_sweep(former, sweep.file));
  const auto has = points_asked_for(sweep);
  const std::string points = counted(had, "point");
  fmt::print(
      stderr, "{}: sweep {} has changed: {}; results that are there are kept\n", file, sweep.name,
      had == has ? fmt::format("its points are others or told otherwise, {} as before", points)
                 : fmt::format("it had {}, now {}", points, grouped(has)));
}

bool all_have_failed(const SweepOutcome& outcome, const PointDatabase& database) {
  return outcome.points > 0 && outcome.killed.empty() && database.good_points() == 0;
}

/// What an executor starts from: all that shards have finished is in the database.
void gather(const std::string& directory, PointDatabase& database, bool is_local) {
  if (is_local) {
    refuse_beside_slurm(directory);
    const std::int64_t busy = busy_shards(directory);
    if (busy > 0) {
      throw bad_file(
          shards_folder(directory),
          fmt::format("{} {} being written", counted(busy, "shard"), busy == 1 ? "is" : "are"),
          "allowed is to wait for them: their points would be run twice");
    }
  }
  const Gathered gathered = gather_shards(directory, database);
  if (gathered.shards > 0) {
    fmt::print(stderr, "gathered {} of {}\n", counted(gathered.points, "point"),
               counted(gathered.shards, "shard"));
  }
}

int run_shard(const Sweep& sweep, const SweepOptions& options, const SweepRunOptions& run) {
  (void)create_output_directory(shards_folder(options.output_directory));
  PointDatabase database(options.output_directory, {options.program, sweep.name, sweep.text},
                         *sweep.shard);
  const SweepOutcome outcome = run_sweep(sweep, run, database);
  fmt::print("shard {}/{} of {}: {}, {} run now, {} of them failed\nwritten: {}\n",
             sweep.shard->number, sweep.shard->of, sweep.name, counted(outcome.points, "point"),
             outcome.run, outcome.failed, database.file());
  std::fflush(stdout);  // a task's log has both: the last line is to be what went wrong
  print_killed(outcome.killed);
  if (outcome.stopped) {
    fmt::print(stderr, "stopped by a signal; the same shard goes on\n");
    return kStopped;
  }
  return outcome.killed.empty() ? 0 : 1;
}

SweepOutcome run_by_executor(const Sweep& sweep, const SweepRunOptions& run,
                             const SweepOptions& options, PointDatabase& database) {
  if (options.slurm) {
    return run_sweep_on_slurm(sweep, run, *options.slurm, options.output_directory, database);
  }
  try {
    return run_sweep(sweep, run, database);
  } catch (...) {
    database.discard_if_unused();
    throw;
  }
}

}  // namespace

int run_sweep_command(const SweepOptions& options) {
  Sweep sweep = read_sweep(options.sweep_file);
  sweep.shard = options.shard;
  if (sweep.search && (sweep.shard || options.slurm)) {
    throw BadInput(sweep.search->place, "search", "asks for points by what has come of others",
                   "allowed on one machine, without --shard and --executor slurm");
  }
  if (options.list) {
    print_points(sweep);
    return 0;
  }
  if (options.command) {
    fmt::print("{}\n", numbered_command(sweep, *options.command, options.output_directory));
    return 0;
  }
  check_settings(sweep);
  const std::vector<std::string> created = create_output_directory(options.output_directory);
  const int all_jobs = options.slurm ? 1 : usable_cores();
  const SweepRunOptions run{
      options.jobs > 0 ? options.jobs : all_jobs, options.most_seconds, options.retry_failed, {}};
  try {
    if (sweep.shard) return run_shard(sweep, options, run);
    PointDatabase database(options.output_directory, {options.program, sweep.name, sweep.text},
                           options.other_version);
    database.when_text_changes(
        [&](const std::string& former) { tell_changed_file(database.file(), sweep, former); });
    gather(options.output_directory, database, !options.slurm);
    const SweepOutcome outcome = run_by_executor(sweep, run, options, database);
    print_killed(outcome.killed);
    if (outcome.stopped) {
      fmt::print(stderr, "stopped; {} new points are kept, the same command goes on\n",
                 outcome.run);
      return kStopped;
    }
    write_file((std::filesystem::path(options.output_directory) / "points.csv").string(),
               points_csv(database));
    if (outcome.killed.empty()) check_figures(sweep, database);
    fmt::print("{}\nwritten: {} and points.csv beside it\n", sweep_page(sweep, outcome, database),
               database.file());
    if (!all_have_failed(outcome, database)) return outcome.killed.empty() ? 0 : 1;
    std::fflush(stdout);
    fmt::print(stderr, "{} failed, none is good; --retry-failed runs them again\n",
               counted(outcome.points, "point"));
    return 1;
  } catch (...) {
    remove_created(created);
    throw;
  }
}

}  // namespace nibble
