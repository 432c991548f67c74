#include <memory>
#include <string>

#include "sim/sweep/content_hash.h"
#include "sim/sweep/sweep_command.h"
#include "tools/commands/commands.h"
#include "tools/usage_fault.h"
#include "tools/version.h"

namespace nibble {
namespace {

constexpr int kMostJobs = 1024;

/// The program's version; of one that is no commit's, its bytes.
std::string program_identity() {
  const std::string commit = source_commit();
  const bool is_of_commit = commit.find("-dirty") == std::string::npos &&
                            commit.find_first_not_of("0123456789abcdef") == std::string::npos;
  return is_of_commit ? program_text() : program_text() + " " + file_hash("/proc/self/exe");
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
                   "points at the same time (default: as many as cores)")
      ->check(whole_number(1, kMostJobs));
  sweep->add_option("--timeout", options->most_seconds,
                    "seconds that a point may take; one that takes longer has failed");
  sweep->add_flag("--retry-failed", options->retry_failed, "run points again that have failed");
  sweep->add_flag("--list", options->list, "print the points and run nothing");
  sweep->callback([&job, options] {
    if (!options->list && options->output_directory.empty()) {
      throw CLI::RequiredError("--output");
    }
    job = [options] {
      options->program = program_identity();
      return run_sweep_command(*options);
    };
  });
}

}  // namespace nibble
