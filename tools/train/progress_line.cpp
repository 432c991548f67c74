#include "tools/train/progress_line.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include "models/layers/layer_names.h"

namespace nibble {
namespace {

constexpr std::size_t kMostNames = 5;  // of layers in a line

const char* unit(const TrainingTask& task) {
  return task.sequence_length > 0 ? "sequences" : "images";
}

/// "4:31", or "1:04:31" from an hour on.
std::string time_text(double seconds) {
  const auto all = static_cast<long>(seconds);
  const long minutes = all / 60;
  if (minutes < 60) return fmt::format("{}:{:02}", minutes, all % 60);
  return fmt::format("{}:{:02}:{:02}", minutes / 60, minutes % 60, all % 60);
}

/// "fp16 in conv1, fc; int4_fp4 in 12 layers".
std::string formats_text(const Network& network) {
  std::vector<std::pair<std::string, std::vector<std::string>>> formats;
  for (const Layer& layer : network.layers) {
    if (!multiplies(layer)) continue;
    const std::string name(layer_precision_name(layer.precision));
    const auto same = [&](const auto& format) { return format.first == name; };
    auto place = std::find_if(formats.begin(), formats.end(), same);
    if (place == formats.end()) place = formats.insert(place, {name, {}});
    place->second.push_back(layer.name);
  }
  std::string text;
  for (const auto& [name, layers] : formats) {
    const std::string where = layers.size() > kMostNames
                                  ? fmt::format("{} layers", layers.size())
                                  : fmt::format("{}", fmt::join(layers, ", "));
    text += fmt::format("{}{} in {}", text.empty() ? "" : "; ", name, where);
  }
  return text;
}

std::string recipe_text(const TrainingRecipe& recipe, const Network& network) {
  if (recipe.arithmetic == TrainingArithmetic::fp32) {
    return fmt::format("recipe {}: plain libtorch", recipe.name);
  }
  return fmt::format("recipe {}: {}", recipe.name, formats_text(network));
}

}  // namespace

void say(const std::string& text) {
  std::fputs((text + "\n").c_str(), stdout);
  std::fflush(stdout);
}

std::string start_text(const TaskFile& file, const TrainingOptions& options,
                       const TrainingPlan& plan, const std::string& folder) {
  const TrainingTask& task = file.task;
  std::string text =
      fmt::format("task {}: {} {} of {}, {} epoch{} of {} steps of {}, seed {}\n", task.name,
                  plan.train_samples, unit(task), task.dataset, task.epochs,
                  task.epochs == 1 ? "" : "s", plan.steps_per_epoch, task.batch, options.seed);
  text += fmt::format("network {}, {}", file.network.name, recipe_text(task.recipe, file.network));
  if (task.finish) {
    text += fmt::format("; the last {:.3g} % of the steps by {}", 100 * task.finish->share,
                        recipe_text(task.finish->recipe, task.finish->network));
  }
  text += "\nresults in " + folder;
  if (plan.done > 0)
    text += fmt::format(", from whose checkpoint of {} steps it goes on", plan.done);
  for (const std::string& warning : file.warnings) text += "\nwarning: " + warning;
  if (plan.steps <= task.warmup_steps) {
    text += fmt::format(
        "\nwarning: the learning rate rises over {} steps, and this training has {}: it will learn "
        "little (--set warmup_steps=N)",
        task.warmup_steps, plan.steps);
  }
  return text;
}

std::string quality_text(const TrainingTask& task, double loss, double accuracy_percent) {
  return task.sequence_length > 0 ? fmt::format("perplexity {:.2f}", std::exp(loss))
                                  : fmt::format("{:.2f} %", accuracy_percent);
}

std::string step_text(const TrainingTask& task, const StepReport& report) {
  return fmt::format("epoch {} of {}, step {} of {}, loss {:.3f}, {}, {:.0f} {}/s, {} left",
                     report.epoch, report.epochs, report.step, report.steps, report.loss,
                     quality_text(task, report.loss, report.accuracy_percent), report.samples_per_s,
                     unit(task), time_text(report.seconds_left));
}

std::string epoch_text(const TrainingTask& task, std::int64_t epoch, const EpochResult& result) {
  std::string text =
      fmt::format("epoch {}: train loss {:.4f}, {}", epoch, result.train_loss,
                  quality_text(task, result.train_loss, result.train_accuracy_percent));
  if (result.validation) {
    text += fmt::format(
        ", validation loss {:.4f}, {}", result.validation->loss,
        quality_text(task, result.validation->loss, result.validation->accuracy_percent));
  }
  return text + fmt::format(", {:.1f} s", result.seconds);
}

std::string trace_text(const TraceSummary& trace) {
  return fmt::format("trace of step {}: {} operations, {} results replayed, {} mismatches",
                     trace.step, trace.operations, trace.results, trace.mismatches);
}

ProgressLine::ProgressLine() : terminal_(isatty(STDERR_FILENO) != 0) {
  if (!terminal_) next_ = Clock::now() + std::chrono::seconds(2);
}

void ProgressLine::show(const TrainingTask& task, const StepReport& report) {
  const Clock::time_point now = Clock::now();
  if (now < next_) return;
  if (!terminal_) {
    next_ = now + std::chrono::seconds(20);
    print(step_text(task, report));
    return;
  }
  next_ = now + std::chrono::milliseconds(500);
  std::fputs(("\r\033[K" + step_text(task, report)).c_str(), stderr);
  std::fflush(stderr);
}

void ProgressLine::clear() {
  if (terminal_) std::fputs("\r\033[K", stderr);
}

void ProgressLine::print(const std::string& text) {
  clear();
  say(text);
}

}  // namespace nibble
