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
#include <malloc.h>

#include "models/datasets/fashion_mnist.h"
#include "models/trace/trace_error.h"
#include "models/training/divergence.h"
#include "models/training/metrics.h"
#include "models/training/trainer.h"
#include "sim/base/bad_input.h"
#include "sim/tile/tile_gemm.h"
#include "tools/train/progress_line.h"
#include "tools/train/result_folder.h"
#include "tools/train/step_arguments.h"
#include "tools/train/task_reader.h"

namespace nibble {
namespace {

constexpr int kCheckFailed = 1, kBadInput = 2, kSignal = 128;
constexpr std::uint64_t kLargestSeed = (std::uint64_t{1} << 63) - 1;  // of a trace
struct Arguments {
  std::string task_file, output, recipe, engine = "model", trace_step, gradient_steps, fp32_metrics;
  bool resume = false;
  std::string data_folder = kFashionMnistFolder;
  std::vector<std::string> set;
  std::int64_t epochs = 0;
  TrainingOptions options;
};

void declare(CLI::App& app, Arguments& arguments) {
  TrainingOptions& options = arguments.options;
  app.add_option("TASK", arguments.task_file, "Task file, see configs/tasks")->required();
  app.add_option("-o,--output", arguments.output, "Directory for the results")->required();
  app.add_option("--recipe", arguments.recipe,
                 "How the network is trained: a name of configs/recipes, or a path; without it as "
                 "int4_fp4 says");
  app.add_option(
         "--engine", arguments.engine,
         "Who multiplies in the steps: models/gemm or the Verilated tiles, bit for bit the same")
      ->check(CLI::IsMember({"model", "rtl"}))
      ->capture_default_str();
  app.add_option("--epochs", arguments.epochs, "Instead of the task's")->check(CLI::PositiveNumber);
  app.add_option("--seed", options.seed, "Weights, order and flips")
      ->check(CLI::Range(std::uint64_t{0}, kLargestSeed))
      ->capture_default_str();
  app.add_option("--limit-train", options.limit_train,
                 "Train on the first N images or sequences only")
      ->check(CLI::PositiveNumber);
  app.add_option("--limit-test", options.limit_test,
                 "Validate and test on the first N images or sequences only")
      ->check(CLI::PositiveNumber);
  app.add_option("--threads", options.threads,
                 "Threads of libtorch; the exact arithmetic always uses one")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--trace-step", arguments.trace_step,
                 "Write trace.safetensors of this step: a number from 0, or last");
  app.add_option("--trace-batch", options.trace_batch, "Images of the traced step")
      ->capture_default_str();
  app.add_option("--gradient-steps", arguments.gradient_steps,
                 "Write gradients.csv, what FP4 does to these steps' gradients: numbers from 0 and "
                 "last, with commas, or every:N");
  app.add_option("--checkpoint-every", options.checkpoint_every,
                 "Steps between checkpoints, instead of an epoch's")
      ->check(CLI::PositiveNumber);
  app.add_flag("--resume", arguments.resume,
               "Go on from the checkpoint in the directory of the results");
  app.add_option("--fp32-metrics", arguments.fp32_metrics,
                 "metrics.json of an fp32 training, to be named in weights and trace");
  app.add_option("--data", arguments.data_folder, "Folder of the dataset's files")
      ->capture_default_str();
  app.add_option("--set", arguments.set,
                 "Change a key of the task: pact.initial=2; of its network: "
                 "network_file.precision.default=fp16; of the recipe: recipe_file.scaling=none");
}

/// Set by SIGINT and SIGTERM: the step under way is finished and saved. A second one ends at once.
volatile std::sig_atomic_t received_signal = 0;

void stop_at_signals() {
  for (const int signal : {SIGINT, SIGTERM}) {
    std::signal(signal, [](int number) {
      received_signal = number;
      std::signal(number, SIG_DFL);
    });
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
  observer.step = [&](const StepReport& report) { line.show(file.task, report); };
  observer.epoch = [&](std::int64_t epoch, const EpochResult& result) {
    line.print(epoch_text(file.task, epoch, result));
  };
  observer.checkpoint = [&](const Checkpoint& checkpoint, const std::string& curve) {
    saved_step = checkpoint.progress.step;
    folder.save(checkpoint, curve);
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
int conclude(const TaskFile& file, const TrainingResult& result) {
  if (result.interrupted) {
    fmt::print("stopped behind step {}, go on with --resume\n", result.progress.step);
    return kSignal + received_signal;
  }
  fmt::print("test {}, loss {:.4f}, after {} steps, {:.0f} s\n",
             quality_text(file.task, result.test.loss, result.test.accuracy_percent),
             result.test.loss, result.progress.step, result.total_s);
  if (result.engine.gemms > 0) {
    fmt::print("tiles: {} GEMMs, {:.3g} MACs, {:.3g} clocks\n", result.engine.gemms,
               static_cast<double>(result.engine.macs), static_cast<double>(result.engine.clocks));
  }
  const std::optional<TraceSummary>& trace = result.progress.trace;
  return !trace || trace->mismatches == 0 ? 0 : kCheckFailed;
}

/// The arrays whose lanes are the task's chunk lengths; null with the engine model.
std::unique_ptr<TileGemm> make_tiles(const TrainingTask& task, const Arguments& arguments) {
  if (arguments.engine == "model") return nullptr;
  if (task.recipe.arithmetic == TrainingArithmetic::fp32) {
    throw std::invalid_argument("--engine rtl: an fp32 training multiplies nothing on the tiles");
  }
  const auto tile = widest_built_tile(TilePrecision::nibble4, task.chunk_len);
  const auto fp16_tile = widest_built_tile(TilePrecision::fp16, task.fp16_chunk_len);
  if (!tile || !fp16_tile) {
    throw std::invalid_argument(fmt::format(
        "--engine rtl: no Verilated tile has the lanes of {} {}",
        tile ? "fp16_chunk_len" : "chunk_len", tile ? task.fp16_chunk_len : task.chunk_len));
  }
  return std::make_unique<TileGemm>(Engine::rtl, *tile, fp16_tile);
}

int run(Arguments arguments) {
  std::vector<YamlOverride> overrides;
  for (const std::string& text : arguments.set) overrides.push_back(parse_override(text));
  TaskFile file = read_task(arguments.task_file, overrides, arguments.recipe);
  if (arguments.epochs > 0) file.task.epochs = arguments.epochs;
  TrainingOptions& options = arguments.options;
  options.trace_step = parse_trace_step(arguments.trace_step);
  options.gradient_steps = parse_gradient_steps(arguments.gradient_steps);
  if (!arguments.fp32_metrics.empty()) {
    options.fp32_accuracy =
        fp32_accuracy_from_metrics(arguments.fp32_metrics, file.network, file.task, options);
  }
  const TrainingData data =
      load_training_data(file.task, file.network, options.seed, arguments.data_folder);
  const std::unique_ptr<TileGemm> tiles = make_tiles(file.task, arguments);
  if (tiles) options.gemm = std::ref(*tiles);
  ResultFolder folder(arguments.output);
  try {
    stop_at_signals();
    TrainingResult result = train_with_progress(file, arguments, data, folder);
    if (tiles) {
      const TileGemm::Work& work = tiles->work();
      result.engine = {arguments.engine, work.gemms, work.macs, work.clocks};
    }
    if (!result.interrupted) folder.finish(file, options, result);
    return conclude(file, result);
  } catch (...) {
    folder.leave_nothing();
    throw;
  }
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
  declare(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    return fail(kBadInput, error.what());
  }
  std::string& command = arguments.options.command;
  command = "nibblesim train";
  for (int i = 1; i < argc; ++i) command += std::string(" ") + argv[i];
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
