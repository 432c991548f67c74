// nibblesim-train: trains a network in NUMERICS' arithmetic or in FP32, and writes metrics.json,
// curve.csv, gradients.csv, weights.safetensors, checkpoint.safetensors and trace.safetensors.
// `nibblesim train` runs this program, which stands apart because only it needs libtorch. Exit: 0
// good, 1 a check failed or the training diverged, 2 bad input, 128 and its number after a signal.
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <malloc.h>

#include "models/datasets/fashion_mnist.h"
#include "models/trace/trace_error.h"
#include "models/training/divergence.h"
#include "models/training/metrics.h"
#include "models/training/trainer.h"
#include "sim/base/bad_input.h"
#include "tools/train/progress_line.h"
#include "tools/train/result_folder.h"
#include "tools/train/step_arguments.h"
#include "tools/train/task_reader.h"
#include "tools/train/tile_engine.h"
#include "tools/usage_fault.h"

namespace nibble {
namespace {

constexpr int kCheckFailed = 1, kBadInput = 2, kSignal = 128;
constexpr std::int64_t kMostSamples = 1000000, kMostSteps = kMostEpochs * kMostSamples;
constexpr int kMostThreads = 1024;
struct Arguments {
  std::string task_file, output, recipe, trace_step, gradient_steps, fp32_metrics;
  bool resume = false, resume_if_any = false;
  std::string data_folder = kFashionMnistFolder;
  std::vector<std::string> set;
  std::optional<std::int64_t> epochs;
  std::optional<std::uint64_t> seed;
  TrainingOptions options;
};

/// What is trained, and by whom.
void declare_training(CLI::App& app, Arguments& arguments) {
  TrainingOptions& options = arguments.options;
  app.add_option("TASK", arguments.task_file, "Task file, see configs/tasks")->required();
  app.add_option("--recipe", arguments.recipe,
                 "How the network is trained: a name of configs/recipes, or a path; without it as "
                 "int4_fp4 says");
  app.add_option(
         "--engine", options.engine,
         "Who multiplies in the steps: models/gemm or the Verilated tiles, bit for bit the same")
      ->check(one_of({"model", "rtl"}))
      ->capture_default_str();
  app.add_option("--epochs", arguments.epochs, "Instead of the task's")
      ->check(whole_number(1, kMostEpochs));
  app.add_option("--seed", arguments.seed,
                 "Of weights, order and augmentation; instead of the task's")
      ->check(whole_number(0, kLargestSeed));
  app.add_option("--limit-train", options.limit_train,
                 "Train on the first N images or sequences only")
      ->check(whole_number(1, kMostSamples));
  app.add_option("--limit-test", options.limit_test,
                 "Validate and test on the first N images or sequences only")
      ->check(whole_number(1, kMostSamples));
  app.add_option("--threads", options.threads,
                 "Threads of libtorch; the exact arithmetic always uses one")
      ->check(whole_number(1, kMostThreads))
      ->capture_default_str();
  app.add_option("--data", arguments.data_folder, "Folder of the dataset's files")
      ->capture_default_str();
  app.add_option(
         "--set", arguments.set,
         "Change a key of the task: pact.initial=2; of its network: "
         "network_file.precision.default=fp16; of the recipe: recipe_file.scaling=none; may repeat")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
}

/// What is written, and what a folder of results is continued from.
void declare_results(CLI::App& app, Arguments& arguments) {
  TrainingOptions& options = arguments.options;
  app.add_option("-o,--output", arguments.output, "Directory for the results")->required();
  CLI::Option* const trace_step =
      app.add_option("--trace-step", arguments.trace_step,
                     "Write trace.safetensors of this step: a number from 0, or last");
  app.add_option("--trace-batch", options.trace_batch, "Samples of the traced step")
      ->check(whole_number(2, kMostSamples))
      ->needs(trace_step)
      ->capture_default_str();
  app.add_option("--gradient-steps", arguments.gradient_steps,
                 "Write gradients.csv, what FP4 does to these steps' gradients: numbers from 0 and "
                 "last, with commas, or every:N");
  app.add_option("--checkpoint-every", options.checkpoint_every,
                 "Steps between checkpoints, instead of an epoch's")
      ->check(whole_number(1, kMostSteps));
  app.add_flag("--resume", arguments.resume,
               "Go on from the checkpoint in the directory of the results");
  app.add_flag("--resume-if-any", arguments.resume_if_any,
               "The same, but begin if there is none: for a command that is repeated until it ends "
               "well");
  app.add_option("--fp32-metrics", arguments.fp32_metrics,
                 "metrics.json of an fp32 training, to be named in weights and trace");
}

/// Set by SIGINT, SIGTERM and SIGHUP: the step under way is finished and saved. A second one ends
/// at once.
volatile std::sig_atomic_t received_signal = 0;

void stop_at_signals() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const auto before = std::signal(signal, [](int number) {
      received_signal = number;
      std::signal(number, SIG_DFL);
    });
    if (signal == SIGHUP && before == SIG_IGN) std::signal(signal, SIG_IGN);  // nohup
  }
}

/// A fault of a training, told with what is kept of it.
TrainingResult train_with_progress(const TaskFile& file, const Arguments& arguments,
                                   const TrainingData& data, ResultFolder& folder) {
  std::optional<Checkpoint> resumed;
  if (arguments.resume) resumed = folder.resume();
  std::optional<std::int64_t> saved_step;
  if (resumed) saved_step = resumed->progress.step;
  ProgressLine line;
  TrainingObserver observer;
  observer.start = [&](const TrainingPlan& plan) {
    line.print(start_text(file, arguments.options, plan, arguments.output));
  };
  observer.step = [&](const StepReport& report) { line.show(file.task, report); };
  observer.epoch = [&](std::int64_t epoch, const EpochResult& result) {
    line.print(epoch_text(file.task, epoch, result));
  };
  observer.curve = [&](const std::string& csv) { folder.grow_curve(csv); };
  observer.checkpoint = [&](const Checkpoint& checkpoint) {
    saved_step = checkpoint.progress.step;
    folder.save(checkpoint);
  };
  observer.trace = [&](const Trace& trace, const TraceSummary& summary) {
    line.print(trace_text(summary));
    folder.save(trace);
  };
  observer.stop = [] { return received_signal != 0; };
  try {
    return train(file.network, file.task, arguments.options, data, observer,
                 resumed ? &*resumed : nullptr);
  } catch (const CheckpointRefused& error) {
    throw TraceError(folder.checkpoint_path(), error.what());
  } catch (const TrainingDiverged& error) {
    const std::string kept = saved_step ? fmt::format("the checkpoint is of {} steps", *saved_step)
                                        : "there is no checkpoint yet";
    throw TrainingDiverged(fmt::format("{}; {}", error.what(), kept));
  }
}

/// Prints the end of a training; returns the exit code.
int conclude(const TaskFile& file, const TrainingResult& result, const Arguments& arguments,
             const ResultFolder& folder) {
  if (result.interrupted) {
    say(fmt::format("stopped after {} steps, go on with --resume: the checkpoint is in {}",
                    result.progress.step, arguments.output));
    return kSignal + received_signal;
  }
  say(fmt::format("test {}, loss {:.4f}, after {} steps, {:.0f} s",
                  quality_text(file.task, result.test.loss, result.test.accuracy_percent),
                  result.test.loss, result.progress.step, result.total_s));
  if (result.tiles) {
    say(fmt::format("tiles: {} GEMMs, {:.3g} MACs, {:.3g} clocks", result.tiles->gemms,
                    static_cast<double>(result.tiles->macs),
                    static_cast<double>(result.tiles->clocks)));
  }
  say(fmt::format("results in {}: {}", arguments.output, fmt::join(folder.files(), ", ")));
  const std::optional<TraceSummary>& trace = result.progress.trace;
  return !trace || trace->mismatches == 0 ? 0 : kCheckFailed;
}

BadInput refused(const char* option, const std::string& fault, const std::string& allowed) {
  return {{option, 0, 0}, "", fault, allowed};
}

/// The task, with what the options change of it.
TaskFile read_files(const Arguments& arguments) {
  std::vector<YamlOverride> overrides;
  for (const std::string& text : arguments.set) overrides.push_back(parse_override(text));
  TaskFile file = read_task(arguments.task_file, overrides, arguments.recipe);
  const auto replace = [&](const std::string& key, const auto& given, auto& value) {
    if (!given) return;
    for (const YamlOverride& change : overrides) {
      if (change.path.front() != key) continue;
      throw refused(("--" + key).c_str(), "stands beside " + change.text,
                    "allowed is one of the two");
    }
    value = *given;
  };
  replace("epochs", arguments.epochs, file.task.epochs);
  replace("seed", arguments.seed, file.seed);
  return file;
}

double fp32_accuracy(const TaskFile& file, const Arguments& arguments, const TrainingData& data) {
  if (file.task.recipe.arithmetic == TrainingArithmetic::fp32) {
    throw refused("--fp32-metrics", "this training is in fp32 itself",
                  "allowed are 4-bit trainings");
  }
  return fp32_accuracy_from_metrics(arguments.fp32_metrics, file.network, file.task,
                                    arguments.options, data);
}

TrainingData load_data(const TaskFile& file, const Arguments& arguments) {
  const bool elsewhere = arguments.data_folder != kFashionMnistFolder;
  if (elsewhere && file.task.sequence_length > 0) {
    throw refused("--data", file.task.dataset + " comes from the program bible, not from a folder",
                  "allowed is to leave it out");
  }
  try {
    return load_training_data(file.task, file.network, arguments.options.seed,
                              arguments.data_folder);
  } catch (const DatasetError& error) {
    if (!elsewhere) throw;
    throw refused("--data", error.what(), "allowed is a folder that has it");
  }
}

int run(Arguments arguments) {
  const TaskFile file = read_files(arguments);
  TrainingOptions& options = arguments.options;
  options.seed = file.seed;
  options.trace_step = parse_trace_step(arguments.trace_step);
  options.gradient_steps = parse_gradient_steps(arguments.gradient_steps);
  std::unique_ptr<TileGemm> tiles;
  if (options.engine == "rtl") tiles = make_training_tiles(file.network, file.task);
  if (tiles) options.gemm = std::ref(*tiles);
  const TrainingData data = load_data(file, arguments);
  if (!arguments.fp32_metrics.empty()) options.fp32_accuracy = fp32_accuracy(file, arguments, data);
  if (arguments.resume_if_any) arguments.resume = holds_checkpoint(arguments.output);
  ResultFolder folder(arguments.output, arguments.resume);
  try {
    stop_at_signals();
    TrainingResult result = train_with_progress(file, arguments, data, folder);
    if (tiles) {
      const TileGemm::Work& work = tiles->work();
      result.tiles = TileWork{work.gemms, work.macs, work.clocks};
    }
    if (!result.interrupted) folder.finish(file, options, result);
    return conclude(file, result, arguments, folder);
  } catch (...) {
    folder.leave_nothing();
    throw;
  }
}

/// A word of a command line, in quotes where a shell would read more into it.
std::string as_typed(const std::string& word) {
  constexpr const char* kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./=:,+-%@";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  std::string quoted = "'";
  for (const char letter : word) quoted += letter == '\'' ? "'\\''" : std::string(1, letter);
  return quoted + "'";
}

int fail(int code, const char* text) {
  std::fprintf(stderr, "%s\n", text);
  return code;
}

}  // namespace
}  // namespace nibble

int main(int argc, char** argv) {
  using namespace nibble;
  // Every step allocates the same tensors of some megabytes. By default glibc hands each back to
  // the system and has it cleared page by page the next time.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  CLI::App app("Trains a network in 4-bit arithmetic, or in FP32 for comparison.",
               "nibblesim train");
  Arguments arguments;
  declare_training(app, arguments);
  declare_results(app, arguments);
  refuse_empty_values(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    return fail(kBadInput, usage_fault(app, error).what());
  }
  std::string& command = arguments.options.command;
  command = "nibblesim train";
  for (int i = 1; i < argc; ++i) command += " " + as_typed(argv[i]);
  try {
    return run(arguments);
  } catch (const BadInput& error) {
    return fail(kBadInput, error.what());
  } catch (const TraceError& error) {
    return fail(kBadInput, error.what());
  } catch (const DatasetError& error) {
    return fail(kBadInput, error.what());
  } catch (const std::invalid_argument& error) {
    return fail(kBadInput, error.what());
  } catch (const std::exception& error) {
    return fail(kCheckFailed, error.what());
  }
}
