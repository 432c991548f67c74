#include "sim/driver/run_command.h"

#include <cstdio>

#include <fmt/format.h>

#include "sim/base/atomic_file.h"
#include "sim/base/bad_input.h"
#include "sim/config/override_fault.h"
#include "sim/driver/experiment_run.h"
#include "sim/driver/recordings.h"
#include "sim/report/layers_csv.h"
#include "sim/report/summary.h"

namespace nibble {
namespace {

void check_options(const Experiment& experiment, const RunOptions& options) {
  if (!options.check && !options.sample) return;
  const std::string option = options.sample ? "--sample" : "--check";
  if (experiment.engine != Engine::rtl) {
    throw BadInput({option, 0, 0}, "", "compares the RTL with the model",
                   "allowed with engine rtl");
  }
  if (!experiment.trace_file.empty()) {
    throw BadInput({option, 0, 0}, "", "a trace is replayed whole and compared with the trainer's",
                   "allowed for an experiment without a trace");
  }
}

void write_results(const std::string& directory, const Json& result, const std::string& page) {
  write_files(directory, {{"result.json", result.dump(1) + "\n"},
                          {"summary.txt", page},
                          {"layers.csv", layers_csv(result)}});
}

std::vector<YamlOverride> overrides_of(const RunOptions& options) {
  std::vector<YamlOverride> overrides;
  overrides.reserve(options.sets.size() + 1);
  for (const std::string& set : options.sets) overrides.push_back(parse_override(set));
  if (options.engine) {
    const std::string engine = engine_name(*options.engine);
    overrides.push_back(parse_override("engine=" + engine));
    overrides.back().text = "--engine " + engine;
  }
  return overrides;
}

/// A fault of the experiment as a whole is one of what it was run with, too.
BadInput with_overrides(const BadInput& fault, const RunOptions& options) {
  if (fault.file() != options.experiment_file || fault.line() != 0) return fault;
  std::string experiment = options.experiment_file;
  for (const std::string& set : options.sets) experiment += " --set " + set;
  return fault.at({experiment, 0, 0});
}

/// Result files and page. Returns the exit code.
int run_to_files(Experiment experiment, const RunOptions& options) {
  const ExperimentInputs inputs = load_inputs(experiment);
  std::vector<std::string> created;
  if (!options.output_directory.empty())
    created = create_output_directory(options.output_directory);
  try {
    Recordings recordings(options.timeline, options.waves, experiment);
    Json result =
        run_result(experiment, inputs, {{options.check, options.sample}, nullptr, &recordings});
    recordings.flush();
    result["overrides"] = options.sets;
    const std::string page = summary_page(result);
    if (!options.output_directory.empty()) write_results(options.output_directory, result, page);
    recordings.put_in_place();
    for (const std::string& note : experiment.notes) fmt::print(stderr, "{}\n", note);
    for (const std::string& note : recordings.notes()) fmt::print(stderr, "{}\n", note);
    fmt::print("{}", options.json ? result.dump(1) + "\n" : page);
    if (std::fflush(stdout) != 0) throw bad_file("standard output", "cannot be written");
    return verdict(result);
  } catch (...) {
    remove_created(created);
    throw;
  }
}

}  // namespace

int run_experiment(const RunOptions& options) {
  const std::vector<YamlOverride> overrides = overrides_of(options);
  const Experiment experiment =
      read_overridden(overrides, [&](const std::vector<YamlOverride>& some) {
        return read_runnable(options.experiment_file, some);
      });
  check_options(experiment, options);
  try {
    return run_to_files(experiment, options);
  } catch (const BadInput& fault) {
    throw with_overrides(fault, options);
  }
}

}  // namespace nibble
