#include <memory>
#include <string>

#include "sim/sweep/content_hash.h"
#include "sim/sweep/shards.h"
#include "sim/sweep/slurm_queue.h"
#include "sim/sweep/sweep_command.h"
#include "tools/commands/commands.h"
#include "tools/usage_fault.h"
#include "tools/version.h"

namespace nibble {
namespace {

constexpr int kMostJobs = 1024, kMostTasks = 1'000'000, kMostRounds = 1000;
constexpr int kMostPoints = 1'000'000;
constexpr int kMostQueueSeconds = 10'000'000;

/// The program's version; of one that is no commit's, its bytes.
std::string program_identity() {
  const std::string commit = source_commit();
  const bool is_of_commit = commit.find("-dirty") == std::string::npos &&
                            commit.find_first_not_of("0123456789abcdef") == std::string::npos;
  return is_of_commit ? program_text() : program_text() + " " + file_hash("/proc/self/exe");
}

/// Options as they are typed; which of them go together is looked at before they are used.
struct Executor {
  std::string name = "local", shard, sbatch_arguments;
  SlurmOptions slurm;
};

void add_executor(CLI::App& sweep, Executor& executor) {
  sweep.add_option("--shard", executor.shard,
                   "K/N: run every N-th point from the K-th on, on any machine, into "
                   "DIR/shards/K-of-N.db; the next sweep -o DIR without it gathers all shards");
  const char* slurm = "With --executor slurm";
  sweep
      .add_option("--executor", executor.name,
                  "local: processes here; slurm: job arrays that share the folder DIR")
      ->check(one_of({"local", "slurm"}))
      ->capture_default_str();
  CLI::Option* per_task =
      sweep.add_option("--points-per-task", executor.slurm.points_per_task, "about so many")
          ->check(whole_number(1, kMostTasks))
          ->group(slurm);
  sweep.add_option("--tasks", executor.slurm.tasks, "about so many, instead (default: 100)")
      ->check(whole_number(1, kMostTasks))
      ->excludes(per_task)
      ->group(slurm);
  sweep
      .add_option("--sbatch-args", executor.sbatch_arguments,
                  "for sbatch, such as \"--partition=short --time=1:00:00 --mem=2G\"")
      ->group(slurm);
  sweep
      .add_option("--rounds", executor.slurm.rounds,
                  "how often points are submitted whose tasks died, the first time included")
      ->check(whole_number(1, kMostRounds))
      ->capture_default_str()
      ->group(slurm);
  sweep
      .add_option("--queue-timeout", executor.slurm.queue_seconds,
                  "seconds without a running task after which all are cancelled")
      ->check(whole_number(1, kMostQueueSeconds))
      ->group(slurm);
}

/// Throws CLI::ParseError.
void check_together(const CLI::App& sweep, const Executor& executor) {
  if (executor.name == "slurm") {
    if (!executor.shard.empty()) throw CLI::ExcludesError("--executor slurm", "--shard");
    return;
  }
  for (const char* name :
       {"--points-per-task", "--tasks", "--sbatch-args", "--rounds", "--queue-timeout"}) {
    if (sweep.count(name) > 0) throw CLI::RequiresError(name, "--executor slurm");
  }
}

}  // namespace

void add_sweep(CLI::App& app, Job& job) {
  const auto options = std::make_shared<SweepOptions>();
  CLI::App* sweep =
      app.add_subcommand("sweep", "Run an experiment at many points of a design space");
  sweep->add_option("sweep", options->sweep_file, "configs/sweeps/NAME.yaml")->required();
  sweep->add_option("-o,--output", options->output_directory,
                    "folder for sweep.db and points.csv; what is there already is not run again");
  sweep
      ->add_option("-j,--jobs", options->jobs,
                   "points at the same time (default: as many as cores); with slurm in a task, "
                   "which gets so many cores (default: 1)")
      ->check(whole_number(1, kMostJobs));
  sweep->add_option("--timeout", options->most_seconds,
                    "seconds that a point may take; one that takes longer has failed");
  sweep->add_flag("--retry-failed", options->retry_failed, "run points again that have failed");
  CLI::Option* list = sweep->add_flag("--list", options->list,
                                      "print the points that would run, numbered; run nothing");
  const auto executor = std::make_shared<Executor>();
  add_executor(*sweep, *executor);
  sweep
      ->add_option("--command", options->command,
                   "print the command that runs point N alone; of a search with -o DIR")
      ->check(whole_number(1, kMostPoints))
      ->excludes(list)
      ->excludes("--shard");
  const auto discards = std::make_shared<bool>(false);
  sweep
      ->add_flag("--discard-other-version", *discards,
                 "delete the results in DIR that another version of the program has left")
      ->excludes("--shard");
  sweep->footer(
      "Exit code: 0 every point has a result or a fault, 1 all have failed or some were killed, "
      "2 bad input, 130 stopped by a signal.");
  sweep->callback([&job, sweep, options, executor, discards] {
    if (!options->list && !options->command && options->output_directory.empty()) {
      throw CLI::RequiredError("--output");
    }
    check_together(*sweep, *executor);
    if (*discards) options->other_version = OtherVersion::discard;
    job = [options, executor] {
      options->program = program_identity();
      if (!executor->shard.empty()) options->shard = parse_shard(executor->shard);
      if (executor->name == "slurm") {
        options->slurm = executor->slurm;
        options->slurm->sbatch_arguments = sbatch_words(executor->sbatch_arguments);
      }
      return run_sweep_command(*options);
    };
  });
}

}  // namespace nibble
