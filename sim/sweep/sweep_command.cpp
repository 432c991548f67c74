#include "sim/sweep/sweep_command.h"

#include <filesystem>

#include <fmt/format.h>

#include "sim/base/atomic_file.h"
#include "sim/driver/child_process.h"
#include "sim/sweep/points_csv.h"
#include "sim/sweep/sweep_file.h"
#include "sim/sweep/sweep_page.h"
#include "sim/sweep/sweep_run.h"

namespace nibble {
namespace {

constexpr int kStopped = 130;  // as shells say it of SIGINT

int list_points(const Sweep& sweep) {
  if (sweep.search) {
    throw BadInput(sweep.search->place, "search", "chooses its points while it runs",
                   "allowed with --list is a sweep without one");
  }
  std::int64_t number = 0;
  for (const Point& point : points_of(sweep)) {
    std::string line = fmt::format("{}", ++number);
    for (const auto& [key, value] : point) line += " " + key + "=" + value;
    fmt::print("{}\n", line);
  }
  return 0;
}

/// Points without a result, and why.
void print_killed(const std::vector<std::string>& killed) {
  if (killed.empty()) return;
  fmt::print(stderr, "{} {} no result, the first was {}; the same command tries again\n",
             killed.size(), killed.size() == 1 ? "point has" : "points have", killed.front());
}

}  // namespace

int run_sweep_command(const SweepOptions& options) {
  const Sweep sweep = read_sweep(options.sweep_file);
  if (options.list) return list_points(sweep);
  const std::vector<std::string> created = create_output_directory(options.output_directory);
  const SweepRunOptions run{options.jobs > 0 ? options.jobs : usable_cores(), options.most_seconds,
                            options.retry_failed};
  try {
    PointDatabase database(options.output_directory, {options.program, sweep.name, sweep.text});
    const SweepOutcome outcome = run_sweep(sweep, run, database);
    print_killed(outcome.killed);
    if (outcome.stopped) {
      fmt::print(stderr, "stopped; {} new points are kept, the same command goes on\n",
                 outcome.run);
      return kStopped;
    }
    write_file((std::filesystem::path(options.output_directory) / "points.csv").string(),
               points_csv(database));
    fmt::print("{}\nwritten: {} and points.csv beside it\n", sweep_page(sweep, outcome, database),
               database.file());
    return outcome.killed.empty() ? 0 : 1;
  } catch (...) {
    remove_created(created);
    throw;
  }
}

}  // namespace nibble
