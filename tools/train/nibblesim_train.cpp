// nibblesim-train: trains a network in NUMERICS' arithmetic or in FP32, and writes metrics.json,
// weights.safetensors and trace.safetensors. `nibblesim train` runs this program, which stands
// apart because only it needs libtorch. Exit: 0 good, 1 a check failed, 2 bad input.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <malloc.h>
#include <unistd.h>

#include "models/datasets/fashion_mnist.h"
#include "models/trace/trace_error.h"
#include "models/trace/weights_file.h"
#include "models/training/metrics.h"
#include "models/training/trainer.h"
#include "sim/base/atomic_file.h"
#include "sim/base/bad_input.h"
#include "tools/train/task_reader.h"

namespace nibble {
namespace {

constexpr int kCheckFailed = 1, kBadInput = 2;

struct Arguments {
  std::string task_file, output, precision = "nibble4", trace_step, fp32_metrics, command;
  std::string data_folder = kFashionMnistFolder;
  std::vector<std::string> set;
  std::int64_t epochs = 0;
  TrainingOptions options;
};

void declare(CLI::App& app, Arguments& arguments) {
  TrainingOptions& options = arguments.options;
  app.add_option("TASK", arguments.task_file, "Task file, see configs/tasks")->required();
  app.add_option("-o,--output", arguments.output, "Directory for the results")->required();
  app.add_option("--precision", arguments.precision, "Arithmetic of the training")
      ->check(CLI::IsMember({"nibble4", "fp32"}))
      ->capture_default_str();
  app.add_option("--epochs", arguments.epochs, "Instead of the task's")->check(CLI::PositiveNumber);
  app.add_option("--seed", options.seed, "Weights, order and flips")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--limit-train", options.train_images, "Train on the first N images only")
      ->check(CLI::PositiveNumber);
  app.add_option("--limit-test", options.test_images, "Test on the first N images only")
      ->check(CLI::PositiveNumber);
  app.add_option("--threads", options.threads,
                 "Threads of libtorch; the exact arithmetic always uses one")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--trace-step", arguments.trace_step,
                 "Write trace.safetensors of this step: a number from 0, or last");
  app.add_option("--trace-batch", options.trace_batch, "Images of the traced step")
      ->capture_default_str();
  app.add_option("--fp32-metrics", arguments.fp32_metrics,
                 "metrics.json of an fp32 training, to be named in weights and trace");
  app.add_option("--data", arguments.data_folder, "Folder of the dataset's files")
      ->capture_default_str();
  app.add_option("--set", arguments.set,
                 "Change a key of the task: pact.initial=2; of its network: "
                 "network_file.precision.default=fp16");
}

std::optional<std::int64_t> parse_trace_step(const std::string& text) {
  if (text.empty()) return std::nullopt;
  if (text == "last") return -1;
  const bool digits = text.size() < 10 && text.find_first_not_of("0123456789") == std::string::npos;
  if (!digits) {
    throw BadInput({"--trace-step", 0, 0}, "", "\"" + text + "\" is no step",
                   "allowed are last and numbers from 0");
  }
  return std::stoll(text);
}

/// One line that is drawn anew twice a second; nothing if standard error is no terminal.
class StatusLine {
 public:
  ~StatusLine() { clear(); }

  void show(const StepReport& report) {
    const Clock::time_point now = Clock::now();
    if (!visible_ || now < next_) return;
    next_ = now + std::chrono::milliseconds(500);
    const auto left = static_cast<long>(report.seconds_left);
    std::fprintf(stderr,
                 "\r\033[Kepoch %lld of %lld, step %lld of %lld, loss %.3f, %.1f %%, "
                 "%.0f images/s, %ld:%02ld left",
                 static_cast<long long>(report.epoch), static_cast<long long>(report.epochs),
                 static_cast<long long>(report.step), static_cast<long long>(report.steps),
                 report.loss, report.accuracy_percent, report.images_per_s, left / 60, left % 60);
    std::fflush(stderr);
  }

  void clear() {
    if (visible_) std::fputs("\r\033[K", stderr);
  }

 private:
  using Clock = std::chrono::steady_clock;
  bool visible_ = isatty(STDERR_FILENO) != 0;
  Clock::time_point next_;
};

TrainingResult train_with_progress(const TaskFile& file, const Arguments& arguments,
                                   const TrainingData& data) {
  StatusLine status;
  TrainingObserver observer;
  observer.step = [&](const StepReport& report) { status.show(report); };
  observer.epoch = [&](std::int64_t epoch, const EpochResult& result) {
    status.clear();
    std::printf("epoch %lld: train loss %.4f, train %.2f %%, test %.2f %%, %.1f s\n",
                static_cast<long long>(epoch), result.train_loss, result.train_accuracy_percent,
                result.test_accuracy_percent, result.seconds);
    std::fflush(stdout);
  };
  return train(file.network, file.task, arguments.options, data, observer);
}

void write_results(const TaskFile& file, const Arguments& arguments, const TrainingResult& result) {
  std::vector<OutputFile> files = {
      {"metrics.json",
       metrics_json(file.network, file.task, arguments.options, result, arguments.command)}};
  if (result.weights) {
    files.push_back({"weights.safetensors", weights_bytes(file.network, *result.weights)});
  }
  if (result.trace) files.push_back({"trace.safetensors", trace_bytes(*result.trace)});
  write_files(arguments.output, files);
}

int run(Arguments arguments) {
  std::vector<YamlOverride> overrides;
  for (const std::string& text : arguments.set) overrides.push_back(parse_override(text));
  TaskFile file = read_task(arguments.task_file, overrides);
  if (arguments.epochs > 0) file.task.epochs = arguments.epochs;
  TrainingOptions& options = arguments.options;
  options.precision =
      arguments.precision == "fp32" ? TrainingPrecision::fp32 : TrainingPrecision::nibble4;
  options.trace_step = parse_trace_step(arguments.trace_step);
  if (!arguments.fp32_metrics.empty()) {
    options.fp32_accuracy = fp32_accuracy_from_metrics(arguments.fp32_metrics, file.task);
  }
  const ImageSet train_set = load_fashion_mnist(Split::train, arguments.data_folder);
  const ImageSet test_set = load_fashion_mnist(Split::test, arguments.data_folder);
  const std::vector<Fp16Code> grey = fashion_mnist_grey();
  const std::vector<std::string> created = create_output_directory(arguments.output);
  try {
    const TrainingResult result = train_with_progress(file, arguments, {train_set, test_set, grey});
    write_results(file, arguments, result);
    std::printf("test accuracy %.2f %% after %lld steps, %.0f s\n", result.test_accuracy_percent(),
                static_cast<long long>(result.steps), result.total_s);
    if (!result.trace) return 0;
    std::printf("trace: %zu operations, %lld results replayed, %lld mismatches\n",
                result.trace->operations.size(), static_cast<long long>(result.trace_results),
                static_cast<long long>(result.trace_mismatches));
    return result.trace_mismatches == 0 ? 0 : kCheckFailed;
  } catch (...) {
    remove_created(created);
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
  arguments.command = "nibblesim train";
  for (int i = 1; i < argc; ++i) arguments.command += std::string(" ") + argv[i];
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
